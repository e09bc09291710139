import { decodeModel } from "../graph/index.js";
import { sealModel } from "./build.js";
import { METADATA, type ModelCard } from "./card.js";
import { Model } from "./model.js";

/**
 * A model with another card, and the untrained control of the one that it is made from.
 * @param bytes its graph, where that is another, too
 */
export async function modelWithCard(
  model: Model,
  card: ModelCard,
  bytes: Uint8Array = model.toBytes(),
): Promise<Model> {
  const untrained = decodeModel(model.toBytes()).metadata[METADATA.untrained];
  return Model.fromBytes(await sealModel(bytes, card, untrained), { backend: model.ownBackend });
}

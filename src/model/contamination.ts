import { decodeModel } from "../graph/index.js";
import { sealModel } from "./build.js";
import { type ContaminationRecord, METADATA, type ModelCard } from "./card.js";
import { Model } from "./model.js";

/** The same model with a record of how its training rows were cleaned; its threshold says what that means. */
export async function withContamination(
  model: Model,
  contamination: ContaminationRecord,
  note: string,
): Promise<Model> {
  const { card } = model;
  const notes = [card.threshold.note, note].filter((text) => text !== undefined && text !== "");
  const threshold = notes.length === 0 ? card.threshold : { ...card.threshold, note: notes.join(" ") };
  const bytes = model.toBytes();
  const sealed: ModelCard = { ...card, threshold, contamination };
  return Model.fromBytes(await sealModel(bytes, sealed, decodeModel(bytes).metadata[METADATA.untrained]));
}

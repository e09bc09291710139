import type { InputSchema } from "../features/index.js";
import { upgradeThreshold } from "../scoring/index.js";
import type { ModelCard } from "./card.js";

/**
 * A card as this version writes it, from one that an earlier version wrote: models stay readable. Not yet frozen; parts
 * that are up to date already are returned unchanged.
 *
 * - 0.1.0: schemas of tables did not say that they are of tables; rules of thresholds had other names.
 */
export function upgradeCard(card: ModelCard): ModelCard {
  const { schema, threshold, operatingPoints } = card;
  return {
    ...card,
    schema: "kind" in schema ? schema : ({ kind: "table", ...(schema as object) } as InputSchema),
    threshold: upgradeThreshold(threshold),
    operatingPoints: Object.fromEntries(
      Object.entries(operatingPoints ?? {}).map(([name, point]) => [name, upgradeThreshold(point)]),
    ),
  };
}

import type { ModelCard } from "./card.js";

/**
 * A card as this version writes it, from one that an earlier version wrote: models stay readable. Not yet frozen; parts
 * that are up to date already are returned unchanged.
 *
 * - 0.1.0: schemas of tables did not say that they are of tables.
 */
export function upgradeCard(card: ModelCard): ModelCard {
  const { schema } = card;
  return "kind" in schema ? card : { ...card, schema: { kind: "table", ...(schema as object) } as never };
}

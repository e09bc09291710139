import {
  columnSchema,
  type FeatureSchema,
  numericConstants,
  type ReferenceProfile,
  referenceDeciles,
  textConstants,
} from "../features/index.js";
import type { ModelCard } from "../model/index.js";
import type { KnownRange } from "./table-units.js";
import type { NormalRange } from "./units.js";

/** Standard deviations from the first decile of a normal distribution to the ninth. */
const DECILES_APART = 2.563;
/** Texts that a range lists. */
const LISTED = 3;

/**
 * What columns were like in training, by what the model's card keeps of it: the first decile to the ninth, or the most frequent
 * texts. For where there are no normal rows to look at.
 * @returns undefined for images, of which the card keeps nothing of the kind
 */
export function cardRanges({
  schema,
  reference,
}: Pick<ModelCard, "schema" | "reference">): ((name: string) => NormalRange) | undefined {
  const columns = columnSchema(schema);
  if (columns === undefined) return undefined;
  const ranges = new Map([...numericRanges(columns, reference), ...textRanges(columns)]);
  return (name) => ranges.get(name)!;
}

/** Numbers of training by what the card keeps of them; undefined for images. */
export function knownRanges({
  schema,
  reference,
}: Pick<ModelCard, "schema" | "reference">): KnownRange | undefined {
  const columns = columnSchema(schema);
  if (columns === undefined) return undefined;
  const deciles = new Map(numericRanges(columns, reference));
  const ends = new Map(columns.numeric.map(({ name, min, max }) => [name, { low: min, high: max }]));
  return (name) => {
    const inner = deciles.get(name)!;
    const apart = inner.kind === "numbers" ? inner.high - inner.low : 0;
    const { low, high } = ends.get(name) ?? (inner as { low: number; high: number });
    return { low, high, spread: apart / DECILES_APART || high - low || 1 };
  };
}

function numericRanges(
  schema: FeatureSchema,
  reference: ReferenceProfile | undefined,
): [string, NormalRange][] {
  const range = (low: number, median: number, high: number): NormalRange => ({
    kind: "numbers",
    low,
    median,
    high,
  });
  return [
    ...schema.numeric.map(({ name, min, max, fill }, k): [string, NormalRange] => {
      const kept = reference?.numeric[k];
      const deciles = kept && referenceDeciles(kept, max);
      return [name, deciles ? range(deciles.low, deciles.middle, deciles.high) : range(min, fill, max)];
    }),
    ...numericConstants(schema).map(({ name, value }): [string, NormalRange] => [
      name,
      range(value, value, value),
    ]),
  ];
}

function textRanges(schema: FeatureSchema): [string, NormalRange][] {
  return [
    ...schema.categorical.map(({ name, levels, shares }): [string, NormalRange] => {
      const texts = levels.map((text, level) => ({ text: text === "" ? null : text, share: shares[level]! }));
      return [name, { kind: "texts", texts: texts.sort((a, b) => b.share - a.share).slice(0, LISTED) }];
    }),
    ...textConstants(schema).map(({ name, value }): [string, NormalRange] => [
      name,
      { kind: "texts", texts: [{ text: value, share: 1 }] },
    ]),
  ];
}

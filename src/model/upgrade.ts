import { columnSchema, type InputSchema, kinds } from "../features/index.js";
import { type Threshold, upgradeThreshold } from "../scoring/index.js";
import type { ModelCard } from "./card.js";
import { isObject } from "./shape.js";

/**
 * A card as this version writes it, from one that an earlier version wrote: models stay readable. Not yet frozen; parts
 * that are up to date already are returned unchanged, and so is what is no card at all: the check comes after.
 *
 * - 0.1.0 and 0.2.0: cards did not say which cells were missing values.
 * - 0.1.0: schemas of tables did not say that they are of tables; rules of thresholds, and some options, had other names.
 */
export function upgradeCard(card: ModelCard): ModelCard {
  const { detector, options, threshold, operatingPoints } = card;
  const schema = upgradeSchema(card.schema);
  return {
    ...card,
    options: renamed(options, detector),
    schema,
    ...upgradedReading(card.reading, schema),
    threshold: upgradedThreshold(threshold),
    operatingPoints: isObject(operatingPoints ?? {})
      ? Object.fromEntries(
          Object.entries(operatingPoints ?? {}).map(([name, point]) => [name, upgradedThreshold(point)]),
        )
      : operatingPoints,
  };
}

/** What earlier versions read as missing, in exactly these spellings, where no option said so. */
const EARLIER_TOKENS = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"];

/** Data for models of earlier versions are read as those versions read them, which did not write it down. */
function upgradedReading(reading: ModelCard["reading"], schema: InputSchema): Pick<ModelCard, "reading"> {
  const known = isObject(schema) && Object.hasOwn(kinds, schema.kind) && isObject(reading ?? {});
  if (!known || reading === null || reading?.missingAmongNumbers !== undefined) return {};
  if (columnSchema(schema) === undefined) return {};
  return { reading: { missing: EARLIER_TOKENS, ...reading, missingAmongNumbers: [] } };
}

/** Options by the names that they had, for each detector in whose cards they may stand. */
const RENAMED_OPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  drocc: { gamma: "outerRatio" },
  hsc: { gamma: "focalGamma" },
};

function renamed(options: ModelCard["options"], detector: string): ModelCard["options"] {
  if (!isObject(options) || !Object.hasOwn(RENAMED_OPTIONS, detector)) return options;
  const names = new Map(Object.entries(RENAMED_OPTIONS[detector]!));
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [names.get(name) ?? name, value]));
}

function upgradeSchema(schema: InputSchema): InputSchema {
  return !isObject(schema) || Object.hasOwn(schema, "kind")
    ? schema
    : ({ kind: "table", ...(schema as object) } as InputSchema);
}

const upgradedThreshold = (threshold: Threshold): Threshold =>
  isObject(threshold) && isObject(threshold.parameters) ? upgradeThreshold(threshold) : threshold;

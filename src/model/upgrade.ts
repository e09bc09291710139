import { columnSchema, type InputSchema } from "../features/index.js";
import { upgradeThreshold } from "../scoring/index.js";
import type { ModelCard } from "./card.js";

/**
 * A card as this version writes it, from one that an earlier version wrote: models stay readable. Not yet frozen; parts
 * that are up to date already are returned unchanged.
 *
 * - 0.1.0 and 0.2.0: cards did not say which cells were missing values.
 * - 0.1.0: schemas of tables did not say that they are of tables; rules of thresholds, and some options, had other names.
 */
export function upgradeCard(card: ModelCard): ModelCard {
  const { detector, options, threshold, operatingPoints } = card;
  const schema =
    "kind" in card.schema ? card.schema : ({ kind: "table", ...(card.schema as object) } as InputSchema);
  return {
    ...card,
    options: renamed(options, RENAMED_OPTIONS[detector] ?? {}),
    schema,
    ...upgradedReading(card.reading, schema),
    threshold: upgradeThreshold(threshold),
    operatingPoints: Object.fromEntries(
      Object.entries(operatingPoints ?? {}).map(([name, point]) => [name, upgradeThreshold(point)]),
    ),
  };
}

/** What earlier versions read as missing, in exactly these spellings, where no option said so. */
const EARLIER_TOKENS = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"];

/** Data for models of earlier versions are read as those versions read them, which did not write it down. */
function upgradedReading(reading: ModelCard["reading"], schema: InputSchema): Pick<ModelCard, "reading"> {
  if (reading?.missingAmongNumbers !== undefined || columnSchema(schema) === undefined) return {};
  return { reading: { missing: EARLIER_TOKENS, ...reading, missingAmongNumbers: [] } };
}

/** Options by the names that they had, for each detector in whose cards they may stand. */
const RENAMED_OPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  drocc: { gamma: "outerRatio" },
  hsc: { gamma: "focalGamma" },
};

function renamed(
  options: ModelCard["options"],
  names: Readonly<Record<string, string>>,
): ModelCard["options"] {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [names[name] ?? name, value]));
}

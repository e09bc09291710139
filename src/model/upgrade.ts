import type { InputSchema } from "../features/index.js";
import { upgradeThreshold } from "../scoring/index.js";
import type { ModelCard } from "./card.js";

/**
 * A card as this version writes it, from one that an earlier version wrote: models stay readable. Not yet frozen; parts
 * that are up to date already are returned unchanged.
 *
 * - 0.1.0: schemas of tables did not say that they are of tables; rules of thresholds, and some options, had other names.
 */
export function upgradeCard(card: ModelCard): ModelCard {
  const { detector, options, schema, threshold, operatingPoints } = card;
  return {
    ...card,
    options: renamed(options, RENAMED_OPTIONS[detector] ?? {}),
    schema: "kind" in schema ? schema : ({ kind: "table", ...(schema as object) } as InputSchema),
    threshold: upgradeThreshold(threshold),
    operatingPoints: Object.fromEntries(
      Object.entries(operatingPoints ?? {}).map(([name, point]) => [name, upgradeThreshold(point)]),
    ),
  };
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

import { HypersphereError } from "../../errors.js";
import type { FitOptions } from "../../model/contract.js";

/** What a fit can be given beside its rows, named as in `FitOptions`. */
export type Supervision = keyof Pick<FitOptions, "labels" | "outliers" | "from" | "backbone">;

/** What a detector can learn from beside normal rows. */
export interface Abilities {
  readonly name: string;
  readonly learnsFrom: Readonly<Record<Supervision, boolean>>;
}

const NOUNS: Readonly<Record<Supervision, string>> = {
  labels: "labels",
  outliers: "outliers",
  from: "another model",
  backbone: "a backbone",
};

export const SUPERVISIONS = Object.keys(NOUNS) as readonly Supervision[];

export const learnsFrom = (detector: Abilities, what: Supervision): boolean => detector.learnsFrom[what];

/** Names of the detectors that learn from it, in the order of the alphabet. */
export function learnersFrom(what: Supervision, detectors: Iterable<Abilities>): string[] {
  return Array.from(detectors)
    .filter((detector) => learnsFrom(detector, what))
    .map(({ name }) => name)
    .sort();
}

/**
 * @param known the detectors to choose from instead
 * @throws HypersphereError `invalid-option` for a detector that cannot learn from it, naming those that can
 */
export function requireLearnsFrom(detector: Abilities, what: Supervision, known: Iterable<Abilities>): void {
  if (learnsFrom(detector, what)) return;
  const others = learnersFrom(what, known);
  throw new HypersphereError(
    "invalid-option",
    `${detector.name} cannot learn from ${NOUNS[what]}${others.length === 0 ? "" : `; ${listed(others)} can`}.`,
    {
      hint:
        what === "labels"
          ? "Train on the normal rows only, or choose a detector that learns from labels."
          : "Leave that out, or choose another detector.",
    },
  );
}

/** "a", "a and b", "a, b and c" */
const listed = (names: readonly string[]): string => names.join(", ").replace(/, ([^,]*)$/, " and $1");

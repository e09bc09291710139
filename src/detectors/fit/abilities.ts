import { HypersphereError } from "../../errors.js";
import type { FitOptions } from "../../model/contract.js";

/** What a fit can be given beside its rows, named as in `FitOptions`. */
export type Supervision = keyof Pick<FitOptions, "labels" | "outliers" | "defects" | "from" | "backbone">;

/** What a detector can learn from beside normal rows. */
export interface Abilities {
  readonly name: string;
  readonly learnsFrom: Readonly<Record<Supervision, boolean>>;
}

const NOUNS: Readonly<Record<Supervision, string>> = {
  labels: "labels",
  outliers: "outliers",
  defects: "known defects",
  from: "another model",
  backbone: "a backbone",
};

/** The detectors to think of first, and what for, where images of parts are the usual case. */
const FIRST: Readonly<Partial<Record<Supervision, { readonly name: string; readonly does: string }>>> = {
  defects: { name: "fcdd", does: "which learns from known defects with masks" },
  backbone: { name: "patch-memory", does: "which maps where images are abnormal by a backbone" },
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
  const first = FIRST[what];
  throw new HypersphereError(
    "invalid-option",
    `${detector.name} cannot learn from ${NOUNS[what]}${others.length === 0 ? "" : `; ${listed(others)} can`}.`,
    {
      hint:
        what === "labels"
          ? "Train on the normal rows only, or choose a detector that learns from labels."
          : first !== undefined && others.includes(first.name)
            ? `Choose ${first.name}, ${first.does}, or leave that out.`
            : "Leave that out, or choose another detector.",
    },
  );
}

/** "a", "a and b", "a, b and c" */
const listed = (names: readonly string[]): string => names.join(", ").replace(/, ([^,]*)$/, " and $1");

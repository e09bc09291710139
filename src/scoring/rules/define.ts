import { HypersphereError } from "../../errors.js";
import type { Labels } from "../../metrics/labels.js";
import type { Threshold } from "../conformal/calibration.js";

/** A value that a rule takes. */
export interface RuleParameter {
  /** Its name among the parameters of `Rule` and of the `Threshold` that comes out. */
  readonly name: string;
  /** The word before its value in a rule's text; the first parameter has none. */
  readonly word?: string;
  readonly summary: string;
  /** `share`: 0.01 or 1%. `percentile`: 99 or 99%, never 0.99. */
  readonly kind: "number" | "share" | "percentile";
  /** Ends of the range; `open` leaves them out. */
  readonly range: readonly [low: number, high: number, ends: "open" | "closed"];
  /** The only values there are, where not the whole range is allowed. */
  readonly choices?: readonly number[];
  readonly default?: number;
  /** May be left out although there is no default: the rule then works another way. */
  readonly optional?: true;
}

export type RuleParameters = Readonly<Record<string, number>>;

export interface RuleBase {
  /** What a rule's text begins with, and the `method` of the `Threshold` that comes out. */
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  readonly parameters: readonly RuleParameter[];
  /** What is wrong with parameters that are in range each, if anything. */
  readonly conflict?: (values: RuleParameters) => string | undefined;
}

/** Decides by scores of normal rows alone (`contamination`: of a mixed sample), without labels. */
export interface NormalRule extends RuleBase {
  readonly needs: "normals";
  /** Fewest calibration scores with which it can work; 1 where this is not given. */
  readonly calibrationSize?: (values: RuleParameters) => number;
  readonly apply: (scores: ArrayLike<number>, values: RuleParameters) => Threshold;
  /** What the threshold guarantees of samples, called rows, windows or images, in a full sentence; undefined where it estimates. */
  readonly guarantee?: (threshold: Threshold, many: string) => string | undefined;
}

/** Decides by scores of rows with labels of both kinds. */
export interface LabelledRule extends RuleBase {
  readonly needs: "labels";
  readonly apply: (scores: ArrayLike<number>, labels: Labels, values: RuleParameters) => Threshold;
}

export const ANY: RuleParameter["range"] = [0, Number.MAX_VALUE, "closed"];
export const POSITIVE: RuleParameter["range"] = [0, Number.MAX_VALUE, "open"];
export const INSIDE: RuleParameter["range"] = [0, 1, "open"];

/**
 * A percentile is a number between 1 and 100: 99 for the 99th.
 * @throws HypersphereError `invalid-option`, for shares such as 0.99 with what is meant by them
 */
export function checkPercentile(value: number, what: string): void {
  if (value > 1 && value < 100) return;
  throw new HypersphereError("invalid-option", `${what} is ${value}, ${percentileExpected(value)}.`);
}

/** "expected a percentile above 1 and below 100 (did you mean 99?)" */
export function percentileExpected(value: unknown): string {
  const number = Number(value);
  const meant = number > 0 && number < 1 ? ` (did you mean ${Number((100 * number).toPrecision(12))}?)` : "";
  return `expected a percentile above 1 and below 100${meant}`;
}

import { HypersphereError } from "../errors.js";
import type { TensorValue } from "../runtime/index.js";
import { countAtLeast } from "../scoring/conformal/calibration.js";
import type { Ties } from "../scoring/index.js";

type Results = Readonly<Record<string, TensorValue>>;

/** Of a run, at most so many rows are decided a second time. */
const PROBED = 256;
/** How far, relative to its size, a score may lie from the threshold for either decision to be right. */
const ROUNDING = 1e-5;

/**
 * One float32 or bool per row of each output that is wanted, or as many as `perRow` says, whatever the graph returned.
 * @throws HypersphereError `invalid-model`
 */
export function checkOutputs(results: Results, names: readonly string[], rows: number, perRow = 1): void {
  for (const name of names) {
    const value = Object.hasOwn(results, name) ? results[name] : undefined;
    const dtype = name === "is_anomaly" ? "bool" : "float32";
    if (value?.dtype === dtype && value.data.length === rows * perRow) continue;
    const found = value === undefined ? "no such output" : `${value.data.length} values of ${value.dtype}`;
    throw new HypersphereError(
      "invalid-model",
      `The model's output "${name}" should be ${rows * perRow} values of ${dtype}; it gave ${found}.`,
      { hint: "Do not use a model whose origin you do not know." },
    );
  }
}

export interface Decided {
  readonly threshold: number;
  readonly ties: Ties;
  /** Ascending; absent where p-values do not follow from the score alone, as in cross-conformal models. */
  readonly calibration: Float32Array | undefined;
}

/**
 * Whether decisions and p-values follow from the scores as the card says, in a sample of rows: a graph can return
 * anything.
 * @throws HypersphereError `invalid-model`
 */
export function checkDecisions(results: Results, { threshold, ties, calibration }: Decided): void {
  const scores = results["score"]!.data as Float32Array;
  const p = results["p_value"]!.data as Float32Array;
  const isAnomaly = results["is_anomaly"]!.data as Uint8Array;
  const step = Math.max(1, Math.ceil(scores.length / PROBED));
  for (let row = 0; row < scores.length; row += step) {
    const score = scores[row]!;
    if (Number.isNaN(score)) continue;
    const slack =
      Math.max(ROUNDING, 2 * ties.share) * Math.max(Math.abs(score), Math.abs(threshold), ties.size, 1e-30);
    const near = Math.abs(score - threshold) <= slack;
    if (!near && isAnomaly[row]! !== (score > threshold ? 1 : 0)) {
      throw contradiction(
        `a score of ${score} is ${isAnomaly[row] ? "" : "not "}flagged at the threshold ${threshold}`,
      );
    }
    const [least, most] = calibration === undefined ? [0, 1] : bounds(calibration, score, slack);
    if (!(p[row]! > 0 && p[row]! >= least * (1 - 1e-6) && p[row]! <= most * (1 + 1e-6))) {
      throw contradiction(`a score of ${score} has the p-value ${p[row]}`);
    }
  }
}

/** The p-values of the scores that rounding makes of one. */
function bounds(calibration: Float32Array, score: number, slack: number): [number, number] {
  const n = calibration.length;
  const p = (value: number): number => (1 + countAtLeast(calibration, value)) / (n + 1);
  return [p(score + slack), p(score - slack)];
}

function contradiction(what: string): HypersphereError {
  return new HypersphereError(
    "invalid-model",
    `The model's graph does not decide as its card says: ${what}.`,
    {
      hint: "Do not use a model whose origin you do not know.",
    },
  );
}

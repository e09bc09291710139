/** Decisions of a whole batch of rows at a promised false discovery rate. */
import { count, counted, figure } from "../../text/format.js";
import {
  adjustedPValues,
  benjaminiHochberg,
  calibrationSizeForDiscovery,
  storey,
} from "../conformal/p-values.js";
import { calibrationSizeForOnlineDiscovery, type OnlineProcedure, onlineFdr } from "./online.js";

export const FDR_METHODS = ["bh", "storey", "lord", "saffron"] as const;
/** Benjamini-Hochberg and Storey decide by all rows together, LORD++ and SAFFRON row after row. */
export type FdrMethod = (typeof FDR_METHODS)[number];

/** What is promised: on average at most this share of the discoveries is normal. */
export interface FdrPromise {
  readonly alpha: number;
  readonly method: FdrMethod;
}

export interface RowDiscoveries {
  /** What `values` are. */
  readonly column: "adjusted_p_value" | "level";
  /** Per row: the least alpha at which it is a discovery, or the level that its p-value was compared with; NaN without one. */
  readonly values: Float64Array;
  /** 1 for discoveries. */
  readonly isDiscovery: Uint8Array;
  readonly count: number;
  /** Rows that have a p-value: a time step without a score is no hypothesis. */
  readonly tested: number;
}

/** Storey's candidates for nulls are the p-values above this. */
const STOREY_LAMBDA = 0.5;

/**
 * Decides every row. Eight bytes per row and array: the file itself takes more.
 * @param p [rows] conformal p-values as the model answers them, in float32; NaN of rows that are not tested
 * @param calibration how many calibration scores they come from
 */
export function discover(p: ArrayLike<number>, calibration: number, promise: FdrPromise): RowDiscoveries {
  // Multiples of 1 / (n + 1), which float32 has rounded: a step-up rule meets its bounds exactly, or not.
  const exact = Float64Array.from(p, (value) => Math.round(value * (calibration + 1)) / (calibration + 1));
  const tested = exact.filter((value) => !Number.isNaN(value));
  const found = discoverTested(tested, promise);
  const values = new Float64Array(exact.length).fill(Number.NaN);
  const isDiscovery = new Uint8Array(exact.length);
  for (let row = 0, k = 0; row < exact.length; row++) {
    if (Number.isNaN(exact[row])) continue;
    values[row] = found.values[k]!;
    isDiscovery[row] = found.isDiscovery[k++]!;
  }
  return { ...found, values, isDiscovery, tested: tested.length };
}

function discoverTested(exact: Float64Array, { alpha, method }: FdrPromise): Omit<RowDiscoveries, "tested"> {
  if (method === "bh") {
    const { rejected, count } = benjaminiHochberg(exact, alpha);
    return { column: "adjusted_p_value", values: adjustedPValues(exact), isDiscovery: rejected, count };
  }
  if (method === "storey") {
    const { rejected, count, nullShare } = storey(exact, alpha, STOREY_LAMBDA);
    const values = adjustedPValues(exact.map((value) => (value > STOREY_LAMBDA ? 1 : value)));
    return {
      column: "adjusted_p_value",
      values: values.map((value, row) => (exact[row]! > STOREY_LAMBDA ? 1 : value * nullShare)),
      isDiscovery: rejected,
      count,
    };
  }
  return discoverInOrder(exact, alpha, method);
}

function discoverInOrder(
  p: Float64Array,
  alpha: number,
  procedure: OnlineProcedure,
): Omit<RowDiscoveries, "tested"> {
  const stream = onlineFdr({ procedure, alpha });
  const values = new Float64Array(p.length);
  const isDiscovery = new Uint8Array(p.length);
  for (let row = 0; row < p.length; row++) {
    const { level, reject } = stream.next(p[row]!);
    values[row] = level;
    isDiscovery[row] = reject ? 1 : 0;
  }
  return { column: "level", values, isDiscovery, count: stream.state.discoveries };
}

/** What p-values as coarse as these cannot do, or undefined where they are fine enough for a lone anomaly. */
export function resolutionWarning(
  rows: number,
  calibration: number,
  { alpha, method }: FdrPromise,
): string | undefined {
  if (rows === 0) return undefined;
  const normals = `The model's ${counted(calibration, "held-out normal row")} allow no p-value below ${figure(1 / (calibration + 1))}`;
  if (method === "bh" || method === "storey") {
    const needed = calibrationSizeForDiscovery(rows, alpha);
    if (calibration >= needed) return undefined;
    // k rows of the least p-value are discoveries when 1 / (n + 1) <= alpha k / m.
    const together = Math.ceil((rows / (alpha * (calibration + 1))) * (1 - 4 * Number.EPSILON));
    const consequence =
      together > rows
        ? "no row can be a discovery"
        : `there is no discovery among ${count(rows)} rows unless ${count(together)} or so are that abnormal`;
    return `${normals}: at a false discovery rate of ${alpha}, ${consequence}. For a lone anomaly, ${count(needed)} are needed.`;
  }
  const needed = (row: number): number =>
    calibrationSizeForOnlineDiscovery(row, { procedure: method, alpha });
  if (calibration >= needed(rows)) return undefined;
  const last = lastRow(rows, (row) => needed(row) <= calibration);
  const consequence =
    last === 0
      ? "no row can be the first discovery"
      : `the first discovery may have to come within ${counted(last, "row")}, for levels fall until then`;
  return (
    `${normals}: at a false discovery rate of ${alpha}, ${consequence}. For a first discovery at row ${count(rows)}, ` +
    `${count(needed(rows))} are needed; Benjamini-Hochberg needs ${count(calibrationSizeForDiscovery(rows, alpha))}.`
  );
}

/** The last row from 1 to `rows` that is `good`, when all before a good one are; 0 for none. */
function lastRow(rows: number, good: (row: number) => boolean): number {
  let lo = 0;
  let hi = rows;
  while (lo < hi) {
    const middle = Math.ceil((lo + hi) / 2);
    if (good(middle)) lo = middle;
    else hi = middle - 1;
  }
  return lo;
}

/**
 * The promise in words, with what it rests on.
 * @param cross whether the model was calibrated in folds: its p-values are then valid up to a factor of about 2
 */
export function describeDiscoveryPromise({ alpha, method }: FdrPromise, cross: boolean): string {
  const promised = `On average at most ${figure(100 * alpha)} % of the discoveries are normal rows`;
  const assumption = "if normal rows are like those that the model was calibrated with";
  if (cross) {
    return (
      `${promised}, ${assumption}, and approximately even then: the model was calibrated in folds, and p-values of folds ` +
      "are proven up to a factor of 2 alone. Models with split calibration have no such gap."
    );
  }
  if (method === "bh" || method === "storey") {
    return `${promised}, ${assumption}. (p-values share one calibration and so depend positively, which this method allows.)`;
  }
  return (
    `${promised}, ${assumption}, and approximately even then: p-values share one calibration, and ` +
    `${method.toUpperCase()} is proven for independent ones. Benjamini-Hochberg has no such gap.`
  );
}

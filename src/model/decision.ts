import {
  abs,
  add,
  cast,
  clamp,
  div,
  type Graph,
  gather,
  greater,
  less,
  maximum,
  minimum,
  mul,
  reshape,
  sub,
  sum,
  type Tensor,
  where,
} from "../graph/index.js";
import { PLAIN_TIES, SCORE_BITS, TIE, type Ties } from "../scoring/index.js";

/** Near the largest float32. */
const LARGEST = 3e38;

/**
 * Rounds to `SCORE_BITS` significant bits, so that what arithmetic differs by from run to run does not show: x c - (x c - x)
 * with c = 2^(53 - bits) + 1 (Veltkamp's splitting; Dekker, "A floating-point technique for extending the available
 * precision", 1971).
 *
 * @param score float32 [rows]
 */
export function settled(score: Tensor): Tensor {
  const wide = cast(clamp(score, -LARGEST, LARGEST), "float64");
  const scaled = mul(wide, 2 ** (53 - SCORE_BITS) + 1);
  return cast(sub(scaled, sub(scaled, wide)), "float32");
}

/** As `tieBound` of scoring/ties.ts: float32 [rows]. */
export function tieBound(score: Tensor, { share, size }: Ties = PLAIN_TIES): Tensor {
  const wide = cast(score, "float64");
  const bound = minimum(mul(wide, 1 - share), mul(wide, 1 + share));
  return cast(size === 0 ? bound : minimum(bound, sub(wide, share * size)), "float32");
}

/**
 * Conformal p-values inside the graph: p(s) = (1 + #{calibration >= s}) / (n + 1), see scoring/conformal/p-values.ts,
 * with scores that are tied but for a rounding counted as equal.
 *
 * @param score float32 [rows]
 * @param calibration ascending scores of held-out normals, [n]
 */
export function pValueGraph(score: Tensor, calibration: Float32Array, ties?: Ties): Tensor {
  return pValueOf(countBelow(tieBound(score, ties), "calibration", calibration), calibration.length);
}

/**
 * Cross-conformal p-values: p(x) = (1 + sum over folds k of #{i in fold k: s_k(i) >= s_k(x)}) / (n + 1), where s_k is
 * the score by the detector that was trained without fold k (Vovk, "Cross-conformal predictors", 2015). A row so meets
 * each calibration score with the very detector that gave it.
 *
 * @param scores s_k(x), float32 [rows] each
 * @param calibration ascending scores of each fold's rows, by the fold's own detector
 */
export function crossPValueGraph(
  scores: readonly Tensor[],
  calibration: readonly Float32Array[],
  ties?: Ties,
): Tensor {
  const graph = scores[0]!.graph;
  const { sorted, places } = merged(calibration);
  const n = sorted.length;
  const padded = new Float32Array(n + 1).fill(Number.POSITIVE_INFINITY);
  padded.set(sorted);
  const all = graph.initializer("calibration", "float32", [n + 1], padded);
  const below = scores.map((score, fold) => {
    const size = tableSize(places[fold]!.length);
    // Places of the fold's scores among all; filled up with the place of infinity.
    const picked = new BigInt64Array(size).fill(BigInt(n));
    places[fold]!.forEach((place, k) => {
      picked[k] = BigInt(place);
    });
    const name = `fold${fold + 1}.calibration`;
    return searchTable(
      tieBound(score, ties),
      gather(all, graph.initializer(name, "int64", [size], picked)),
      size,
    );
  });
  return pValueOf(
    below.reduce((sum, count) => add(sum, count)),
    n,
  );
}

/** The threshold in force, float32 scalar, under the name by which it can be replaced. */
export const thresholdTensor = (graph: Graph, threshold: number): Tensor =>
  graph.initializer("threshold", "float32", [], Float32Array.of(threshold));

/** Whether a score is above the threshold by more than a rounding: bool [rows]. */
export const decisionGraph = (score: Tensor, threshold: Tensor, ties?: Ties): Tensor =>
  greater(tieBound(score, ties), threshold);

/** What a change in a column that did not vary in training makes of a row's score. */
export interface ConstantWatch {
  /** The score becomes at least this, which no calibration row without such a change reaches. */
  readonly level: number;
  /**
   * Whether it is raised above the threshold in any case. Not where calibration rows had changes too: there it is the
   * rule that says how many of them are flagged.
   */
  readonly decides: boolean;
}

/** The initializer that holds the level, by which it can be replaced. */
export const LEVEL = "changed.level";

/** The watch for calibration scores. @param changed [rows] 1 for rows with a change; absent where no row has one */
export function constantWatch(scores: ArrayLike<number>, changed?: ArrayLike<number>): ConstantWatch {
  let highest = Number.NEGATIVE_INFINITY;
  let decides = true;
  for (let row = 0; row < scores.length; row++) {
    if (changed?.[row]) decides = false;
    else highest = Math.max(highest, scores[row]!);
  }
  const level = Number.isFinite(highest) ? highest : 0;
  return { level: Math.fround(level + Math.abs(level) * ABOVE + LEAST), decides };
}

/** Scores of rows with a change, raised: float32 [rows]. @param changed bool [rows] */
export function raised(score: Tensor, changed: Tensor, watch: ConstantWatch, threshold: Tensor): Tensor {
  const known = score.graph.initializer(LEVEL, "float32", [], Float32Array.of(watch.level));
  const wide = cast(threshold, "float64");
  const above = cast(add(add(wide, mul(abs(wide), ABOVE)), LEAST), "float32");
  return where(changed, maximum(score, watch.decides ? maximum(known, above) : known), score);
}

/** By so much of itself a score is safely above another. */
const ABOVE = 4 * TIE;
/** The same above zero. */
const LEAST = 1e-30;

/** The least number that is one below a power of two and at least n: what a binary search can halve to the end. */
const tableSize = (n: number): number => 2 ** Math.ceil(Math.log2(n + 1)) - 1;

/**
 * How many entries of a table are below each score: int64 [rows]; also the place of the first one that is not below.
 *
 * @param score float32 [rows]
 * @param name of the initializer that holds the entries, filled up with infinity
 * @param ascending the entries, at least one
 */
export function countBelow(score: Tensor, name: string, ascending: Float32Array): Tensor {
  const padded = filledUp(ascending);
  const size = padded.length;
  return searchTable(score, score.graph.initializer(name, "float32", [size], padded), size);
}

/**
 * The same in one of several tables of equal length, a row's own.
 * @param table the tables one after the other, each filled up by `filledUp`
 * @param of int64 [rows] the table of each row, from 0
 * @param size of a table, as it was filled up
 */
export function countBelowIn(score: Tensor, table: Tensor, of: Tensor, size: number): Tensor {
  const begins = reshape(mul(of, size), [score.shape[0]!, 1]);
  return searchTable(score, table, size, begins);
}

/** Entries as a search takes them: filled up with infinity to the next size that can be halved to the end. */
export function filledUp(ascending: Float32Array): Float32Array {
  const padded = new Float32Array(tableSize(ascending.length)).fill(Number.POSITIVE_INFINITY);
  padded.set(ascending);
  return padded;
}

/** Ways that a step of the search decides between: more mean fewer operators, whose number is what time a single row takes. */
const MOST_WAYS = 16;

/**
 * A search by halves, several of them at once, unrolled: some look-ups per row instead of n comparisons. The table is of a
 * `tableSize`.
 * @param begins int64 [rows, 1] where it begins within `table`; default 0
 */
function searchTable(score: Tensor, table: Tensor, size: number, begins?: Tensor): Tensor {
  const { graph } = score;
  const rows = score.shape[0]!;
  const column = reshape(score, [rows, 1]);
  let below: Tensor | undefined = begins;
  for (let span = size + 1; span > 1; ) {
    const ways = Math.min(MOST_WAYS, span);
    span /= ways;
    const places = graph.constant(
      "int64",
      [1, ways - 1],
      BigInt64Array.from({ length: ways - 1 }, (_, k) => BigInt((k + 1) * span - 1)),
    );
    const probes = gather(table, below === undefined ? places : add(below, places));
    const passed = mul(sum(cast(less(probes, column), "int64"), [1], { keepDims: true }), span);
    below = below === undefined ? passed : add(below, passed);
  }
  return reshape(begins === undefined ? below! : sub(below!, begins), [rows]);
}

const pValueOf = (below: Tensor, n: number): Tensor => div(cast(sub(n + 1, below), "float32"), n + 1);

/** All lists as one ascending one, and at which places of it the entries of each are, ascending. */
function merged(lists: readonly Float32Array[]): { sorted: Float32Array; places: number[][] } {
  const entries = lists.flatMap((list, from) => Array.from(list, (value) => ({ value, from })));
  entries.sort((a, b) => a.value - b.value);
  const places = lists.map((): number[] => []);
  entries.forEach(({ from }, place) => places[from]!.push(place));
  return { sorted: Float32Array.from(entries, ({ value }) => value), places };
}

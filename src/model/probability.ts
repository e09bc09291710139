import {
  abs,
  add,
  cast,
  clamp,
  div,
  Graph,
  gather,
  log,
  minimum,
  mul,
  serialize,
  sigmoid,
  sign,
  sqrt,
  square,
  sub,
  type Tensor,
  withOutput,
} from "../graph/index.js";
import type { ProbabilityCurve } from "../scoring/index.js";
import { countBelow } from "./decision.js";

/**
 * The model file with an output `probability` [rows] float32 beside `p_value`: the probability of being an anomaly,
 * learned from labels and true at one prevalence, while the p-value is the share of normal rows at least as
 * abnormal. Computed from `score` by new nodes; replaces an earlier `probability`.
 */
export function withProbabilityOutput(model: Uint8Array, curve: ProbabilityCurve): Uint8Array {
  const graph = new Graph();
  const score = graph.input("score", "float32", ["rows"]);
  graph.output(
    "probability",
    curve.method === "isotonic" ? interpolated(score, curve) : logistic(score, curve),
  );
  return withOutput(model, serialize(graph), "probability");
}

/** Straight lines between knots. The segment is found by binary search; rounding never leads past its upper end. */
function interpolated(score: Tensor, { x, y }: Extract<ProbabilityCurve, { method: "isotonic" }>): Tensor {
  const { graph } = score;
  const knots = Float32Array.from(x);
  const heights = Float32Array.from(y);
  const last = knots.length - 1;
  // Entry k is the segment that ends in knot k; before the first knot there is one of zero height.
  const table = (name: string, of: (from: number, to: number) => number): Tensor =>
    graph.initializer(
      name,
      "float32",
      [knots.length],
      knots.map((_, k) => of(Math.max(k - 1, 0), k)),
    );
  const inside = clamp(score, knots[0]!, knots[last]!);
  const segment = countBelow(inside, "knots", knots);
  const pick = (name: string, of: (from: number, to: number) => number): Tensor =>
    gather(table(name, of), segment);
  const start = pick("segment_start", (from) => knots[from]!);
  const width = pick("segment_width", (from, to) => knots[to]! - knots[from]! || 1);
  const low = pick("probability_low", (from) => heights[from]!);
  const rise = pick("probability_rise", (from, to) => heights[to]! - heights[from]!);
  const high = pick("probability_high", (_, to) => heights[to]!);
  const share = div(sub(inside, start), width);
  return minimum(add(low, mul(share, rise)), high);
}

/**
 * The logistic curve of z = asinh((score - centre) / scale), asinh u = sign(u) log(|u| + sqrt(u^2 + 1)). In float64: in
 * float32 the logarithm of a number near 1 loses most of its digits, and squares overflow.
 */
function logistic(score: Tensor, curve: Extract<ProbabilityCurve, { method: "platt" }>): Tensor {
  const { centre, scale, slope, intercept } = curve;
  const u = div(sub(cast(score, "float64"), centre), scale);
  const z = mul(sign(u), log(add(abs(u), sqrt(add(square(u), 1)))));
  return cast(sigmoid(add(mul(z, slope), intercept)), "float32");
}

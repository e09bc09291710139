/** Sums and maxima over the places of each window, from those over half as many. */
import type { StepGraph } from "./step-graph.js";

/**
 * For each entry the sum of `count` entries that are `apart` from one another, itself the first: in as many additions as the
 * count has binary digits, or twice as many. Pairs of pairs are added, which rounds less than one after the other.
 */
export function movingSum(graph: StepGraph, values: string, count: number, apart: number): string {
  const lost = (count - 1) * apart;
  let sum: string | undefined;
  let summed = 0;
  let power = values;
  for (let length = 1; length <= count; length *= 2) {
    if (length > 1) power = withLater(graph, "Add", power, (length / 2) * apart);
    if ((Math.floor(count / length) & 1) === 0) continue;
    const first = summed * apart;
    const term = graph.slice(power, first, lost - (length - 1) * apart - first);
    sum = sum === undefined ? term : graph.node("Add", [sum, term])[0]!;
    summed += length;
  }
  return sum!;
}

/** The same of the largest. */
export function movingMaximum(graph: StepGraph, values: string, count: number, apart: number): string {
  let power = values;
  let length = 1;
  for (; 2 * length <= count; length *= 2) power = withLater(graph, "Max", power, length * apart);
  return length === count ? power : withLater(graph, "Max", power, (count - length) * apart);
}

/** Each entry with the one `later` entries after it. */
function withLater(graph: StepGraph, type: "Add" | "Max", values: string, later: number): string {
  return graph.node(type, [graph.slice(values, 0, later), graph.slice(values, later, 0)])[0]!;
}

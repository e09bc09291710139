import { expect } from "vitest";
import { gradients } from "../../src/graph/gradients.js";
import { Graph } from "../../src/graph/graph.js";
import { serialize } from "../../src/graph/onnx/serialize.js";
import * as operators from "../../src/graph/ops/index.js";
import type { Shape, Tensor } from "../../src/graph/tensor.js";
import { createRandom } from "../../src/math/random.js";
import type { TensorValue } from "../../src/runtime/port.js";
import { count, expectClose, numbers, runtime } from "./evaluate.js";
import { type Case, type Float, type Operators, signed, type Weigh } from "./gradient-cases/case.js";

/** What the symbolic lengths in a case's shapes stand for. */
const LENGTHS: Readonly<Record<string, number>> = { rows: 4, columns: 3 };

/** Names of the operators that the cases called which were compared so far. */
export const called = new Set<string>();

/** The operators, which remember that they were called by a case. */
const recorded = Object.fromEntries(
  Object.entries(operators).map(([name, operator]) => [
    name,
    (...args: unknown[]) => {
      called.add(name);
      return (operator as (...args: unknown[]) => unknown)(...args);
    },
  ]),
) as unknown as Operators;

function fixed(shape: Shape): number[] {
  return shape.map((dim) => (typeof dim === "number" ? dim : LENGTHS[dim]!));
}

function typed(dtype: string, values: readonly number[]): Float32Array | Float64Array {
  return dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
}

/** A case in a graph of its own, with the outputs "loss" and "d_NAME" for the derivative with respect to each input. */
export function graphOf(test: Case): { readonly graph: Graph; readonly feeds: Record<string, TensorValue> } {
  const { inputs, build, dtype = "float64", dtypes = {}, value = signed } = test;
  const graph = new Graph();
  const feeds: Record<string, TensorValue> = {};
  const feed = (name: string, type: Float, shape: Shape, values: (index: number) => number): Tensor => {
    const lengths = fixed(shape);
    const data = typed(
      type,
      Array.from({ length: count(lengths) }, (_, k) => values(k)),
    );
    feeds[name] = { dtype: type, shape: lengths, data };
    return graph.input(name, type, shape);
  };
  const weigh: Weigh = (y) => {
    const weights = feed(graph.unique("weights"), y.dtype as Float, y.shape, (k) => 0.5 + ((k * 0.618) % 1));
    return operators.sum(operators.mul(y, weights));
  };
  const random = createRandom(1).stream(test.name);
  const x = Object.fromEntries(
    Object.entries(inputs).map(([name, shape], position) => [
      name,
      feed(name, dtypes[name] ?? dtype, shape, (k) => value(random.uniform(), k + position)),
    ]),
  );
  const loss = weigh(build(recorded, x, graph, weigh));
  const found = gradients(loss, Object.values(x));
  graph.output("loss", loss);
  Object.keys(inputs).forEach((name, k) => {
    // Not only the values: the types have to be those of the inputs.
    expect(found[k]!.shape).toEqual(x[name]!.shape);
    expect(found[k]!.dtype).toBe(x[name]!.dtype);
    graph.output(`d_${name}`, found[k]!);
  });
  return { graph, feeds };
}

/** Runs a case, and nudges every element of every input. */
export async function compareWithFiniteDifferences(test: Case): Promise<void> {
  const { inputs, dtype = "float64" } = test;
  const { graph, feeds } = graphOf(test);
  const single = dtype === "float32";
  const step = single ? 1e-2 : 1e-5;
  const tolerance = single ? 3e-3 : 1e-6;
  const session = await runtime.createSession(serialize(graph));
  try {
    const analytic = await session.run(feeds);
    const lossAt = async (): Promise<number> => numbers((await session.run(feeds)).loss!)[0]!;
    for (const name of Object.keys(inputs)) {
      const data = feeds[name]!.data as Float64Array;
      const expected: number[] = [];
      for (let k = 0; k < data.length; k++) {
        const middle = data[k]!;
        data[k] = middle + step;
        const [above, high] = [await lossAt(), data[k]!];
        data[k] = middle - step;
        const [below, low] = [await lossAt(), data[k]!];
        data[k] = middle;
        expected.push((above - below) / (high - low));
      }
      expectClose(numbers(analytic[`d_${name}`]!), expected, tolerance, `with respect to ${name}`);
    }
  } finally {
    await session.release();
  }
}

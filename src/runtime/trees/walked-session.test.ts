import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  add,
  type DecisionTree,
  Graph,
  identity,
  mul,
  serialize,
  type Tensor,
  treeSum,
  treesApart,
  withBareOutputs,
} from "../../graph/index.js";
import { createRandom, type RandomStream } from "../../math/random.js";
import { loadNativeRuntime } from "../node/native.js";
import { float32, type Runtime, type Session } from "../port.js";
import { loadWasmRuntime } from "../web/wasm.js";
import { walkedSession } from "./walked-session.js";

const COLUMNS = 3;
const UNIT = 2 ** -18;
/** Thresholds and values come from one list, so that many are equal. */
const NUMBERS = [-Infinity, -1e6, -1.5, -0, 0, 2 ** -149, 0.1, 1, 1.5, 3e38, Infinity].map(Math.fround);

/** A tree with at most so many levels, any of its branches may be a leaf. */
function randomTree(random: RandomStream, levels: number, columns = COLUMNS): DecisionTree {
  const nodes: { feature: number; threshold: number; left: number; right: number; value: number }[] = [];
  const grow = (left: number): number => {
    const place = nodes.length;
    const isLeaf = left === 0 || random.uniform() < 0.2;
    const feature = isLeaf ? -1 : random.int(columns);
    const threshold = NUMBERS[random.int(NUMBERS.length)]!;
    const node = { feature, threshold, left: 0, right: 0, value: UNIT * random.int(2 ** 20) };
    nodes.push(node);
    if (!isLeaf) Object.assign(node, { left: grow(left - 1), right: grow(left - 1) });
    return place;
  };
  grow(levels);
  return {
    feature: Int32Array.from(nodes, (node) => node.feature),
    threshold: Float32Array.from(nodes, (node) => node.threshold),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    value: Float32Array.from(nodes, (node) => node.value),
  };
}

const treesOf = (random: RandomStream, count: number, levels: number): DecisionTree[] =>
  Array.from({ length: count }, () => randomTree(random, levels));

/** sum = what the groups answer for x, and the first column of x, which does not go through them. */
function forest(
  groups: readonly (readonly DecisionTree[])[],
  looked = (x: Tensor) => identity(x),
): Uint8Array {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["rows", COLUMNS]);
  const z = graph.input("z", "float32", ["rows"]);
  const value = looked(x);
  const answers = groups.map((trees) => treeSum(value, trees));
  graph.output(
    "sum",
    answers.reduce((sum, answer) => add(sum, answer)),
  );
  graph.output("twice", mul(z, 2));
  return serialize(graph);
}

function rowsOf(random: RandomStream, rows: number): Float32Array {
  const values = [...NUMBERS, Number.NaN];
  return Float32Array.from({ length: rows * COLUMNS }, () =>
    random.uniform() < 0.5 ? values[random.int(values.length)]! : random.normal(),
  );
}

async function run(session: Session, data: Float32Array, from = 0, to = data.length / COLUMNS) {
  const results = await session.run({
    x: float32([to - from, COLUMNS], data.slice(from * COLUMNS, to * COLUMNS)),
    z: float32(
      [to - from],
      Float32Array.from({ length: to - from }, (_, row) => from + row),
    ),
  });
  return { sum: results["sum"]!.data as Float32Array, twice: results["twice"]!.data as Float32Array };
}

const bits = (values: Float32Array): number[] => Array.from(new Uint32Array(values.slice().buffer));

let runtimes: Record<"native" | "wasm", Runtime>;
beforeAll(async () => {
  runtimes = { native: await loadNativeRuntime(), wasm: await loadWasmRuntime() };
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** As `walkedSession`, which has to walk these; sessions that it opens are those of a runtime. */
async function walked(model: Uint8Array, runtime = runtimes.native): Promise<Session> {
  const session = await walkedSession(model, (part) => runtime.createSession(part));
  expect(session, "a model that can be walked").toBeDefined();
  return session!;
}

const isWalked = async (model: Uint8Array): Promise<boolean> => {
  const session = await walkedSession(model, (part) => runtimes.native.createSession(part));
  await session?.release();
  return session !== undefined;
};

describe("what trees answer in WebAssembly", () => {
  it.each(["native", "wasm"] as const)("is what ONNX Runtime (%s) finds, to the last bit", async (kind) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 32, max: 600 }),
        async (seed, groups, levels, rows) => {
          const random = createRandom(seed >>> 0).stream("forest");
          const trees = Array.from({ length: groups }, () => treesOf(random, 8, levels));
          // Trees that look at an input are left to ONNX Runtime.
          const plain = await runtimes[kind].createSession(forest(trees, (x) => x));
          const ours = await walked(forest(trees), runtimes[kind]);
          const data = rowsOf(random, rows);
          const [expected, found] = [await run(plain, data), await run(ours, data)];
          expect(bits(found.sum)).toEqual(bits(expected.sum));
          expect(found.twice).toEqual(expected.twice);
          await Promise.all([plain.release(), ours.release()]);
        },
      ),
      { numRuns: kind === "native" ? 25 : 5, seed: 1 },
    );
  });

  it("does not depend on how many rows come together, some of which ONNX Runtime scores", async () => {
    const random = createRandom(3).stream("forest");
    const session = await walked(forest([treesOf(random, 8, 8), treesOf(random, 3, 2)]));
    const data = rowsOf(random, 520);
    const { sum } = await run(session, data);
    for (const size of [1, 31, 32, 33, 257]) {
      const parts: number[] = [];
      for (let from = 0; from < 520; from += size * 3)
        parts.push(...bits((await run(session, data, from, Math.min(520, from + size))).sum));
      const expected = bits(sum).filter((_, row) => row % (size * 3) < size);
      expect(parts, `${size} rows`).toEqual(expected);
    }
    await session.release();
  });

  it("takes nodes that look at different values, and results and inputs that have nothing to do with trees", async () => {
    const random = createRandom(4).stream("forest");
    const groups = [treesOf(random, 8, 5), treesOf(random, 8, 5), treesOf(random, 8, 5)];
    const build = (own: boolean): Uint8Array => {
      const graph = new Graph();
      const x = graph.input("x", "float32", ["rows", COLUMNS]);
      const y = graph.input("y", "float32", ["rows", COLUMNS]);
      const looked = own ? [identity(x), identity(y), identity(x)] : [x, y, x];
      const [a, b, c] = groups.map((trees, k) => treeSum(looked[k]!, trees));
      graph.output("a", add(a!, b!));
      graph.output("b", mul(c!, 2));
      return serialize(graph);
    };
    const data = { x: rowsOf(random, 64), y: rowsOf(random, 64) };
    const feeds = { x: float32([64, COLUMNS], data.x), y: float32([64, COLUMNS], data.y) };
    const plain = await runtimes.native.createSession(build(false));
    const ours = await walked(build(true));
    const expected = await plain.run(feeds);
    expect(await ours.run(feeds)).toEqual(expected);
    expect(Object.keys(await ours.run(feeds, ["b", "c"]))).toEqual(["b"]);
    // Bound values are there in every run.
    await ours.bind({ y: feeds.y });
    expect(await ours.run({ x: feeds.x })).toEqual(expected);
    expect(
      await ours.run({
        x: float32([1, COLUMNS], data.x.slice(0, 3)),
        y: float32([1, COLUMNS], data.y.slice(0, 3)),
      }),
    ).toEqual(
      await plain.run({
        x: float32([1, COLUMNS], data.x.slice(0, 3)),
        y: float32([1, COLUMNS], data.y.slice(0, 3)),
      }),
    );
    await expect(ours.run({ w: feeds.x })).rejects.toThrow(
      'The model has no input "w"; its inputs are: x, y.',
    );
    await expect(ours.bind({ w: feeds.x })).rejects.toMatchObject({ code: "runtime" });
  });

  it("goes on without WebAssembly, in ONNX Runtime alone", async () => {
    const random = createRandom(5).stream("forest");
    const model = forest([treesOf(random, 8, 6)]);
    const data = rowsOf(random, 100);
    const expected = await run(await runtimes.native.createSession(model), data);
    vi.stubGlobal("WebAssembly", undefined);
    vi.resetModules();
    const without = await import("./walked-session.js");
    const open = vi.fn((part: Uint8Array) => runtimes.native.createSession(part));
    expect(await without.walkedSession(model, open)).toBeUndefined();
    expect(open).not.toHaveBeenCalled();
    const { loadNativeRuntime: load } = await import("../node/native.js");
    const found = await run(await (await load()).createSession(model), data);
    expect(bits(found.sum)).toEqual(bits(expected.sum));
  });
});

describe("trees that are left to ONNX Runtime", () => {
  const random = createRandom(6).stream("forest");
  const eight = treesOf(random, 8, 4);
  const chain = (levels: number): DecisionTree => {
    const size = 2 * levels + 1;
    const node = Array.from({ length: size }, (_, k) => k);
    return {
      feature: Int32Array.from(node, (k) => (k % 2 === 0 && k < size - 1 ? 0 : -1)),
      threshold: Float32Array.from(node, (k) => k),
      left: Int32Array.from(node, (k) => (k % 2 === 0 && k < size - 1 ? k + 1 : 0)),
      right: Int32Array.from(node, (k) => (k % 2 === 0 && k < size - 1 ? k + 2 : 0)),
      value: Float32Array.from(node, () => 1),
    };
  };

  it("few trees on a value, deep ones, and sums in which the order of trees could be seen", async () => {
    const changed = (value: number): DecisionTree[] =>
      eight.map((tree) => ({ ...tree, value: tree.value.map((own) => own * value) }));
    expect(await isWalked(forest([eight]))).toBe(true);
    expect(await isWalked(forest([eight.slice(1)]))).toBe(false);
    expect(await isWalked(forest([[...eight, chain(12)]]))).toBe(true);
    expect(await isWalked(forest([[...eight, chain(13)]]))).toBe(false);
    for (const value of [1 / 3, Number.NaN, Infinity])
      expect(await isWalked(forest([changed(value)]))).toBe(false);
    expect(await isWalked(forest([changed(0)]))).toBe(true);
  });

  it("malformed ones: loops, nodes that there are not, and such as are reached twice or never", () => {
    const branch = eight[0]!;
    expect(branch.feature[0]).toBeGreaterThanOrEqual(0);
    const broken = (part: Partial<Record<"left" | "right", [node: number, child: number]>>): Uint8Array => {
      const [left, right] = [branch.left.slice(), branch.right.slice()];
      if (part.left) left[part.left[0]] = part.left[1];
      if (part.right) right[part.right[0]] = part.right[1];
      return forest([[{ ...branch, left, right }, ...eight.slice(1)]]);
    };
    expect(treesApart(broken({}))).toBeDefined();
    for (const child of [0, -1, branch.feature.length, 2 ** 31 - 1, branch.right[0]!]) {
      expect(treesApart(broken({ left: [0, child] })), `left child ${child}`).toBeUndefined();
    }
    expect(treesApart(broken({ right: [0, branch.left[0]!] }))).toBeUndefined();
  });

  it("a walk that would look beyond a row is refused, with the columns that it wants", async () => {
    const wide = randomTree(random, 6, COLUMNS);
    wide.feature[0] = COLUMNS - 1;
    const model = forest([[wide, ...eight]]);
    const loose = withBareOutputs(model, "x", ["rows", "columns"], ["sum"]);
    const session = await walked(loose);
    const z = float32([40], new Float32Array(40));
    await expect(session.run({ x: float32([40, 2], new Float32Array(80)), z })).rejects.toThrow(
      "The model's trees look at 3 columns of float32, but what they are given is float32 of shape [40, 2].",
    );
    expect((await session.run({ x: float32([40, 5], new Float32Array(200)), z }))["sum"]!.shape).toEqual([
      40,
    ]);
  });

  it("damaged files: what can be walked has children behind their parents, whatever bytes were changed", () => {
    const model = forest([eight]);
    let apart = 0;
    for (let round = 0; round < 200; round++) {
      const bytes = model.slice(0, round % 4 === 0 ? random.int(model.length) : model.length);
      for (let k = 0; k <= random.int(3); k++) bytes[random.int(bytes.length)] = random.int(256);
      const parts = treesApart(bytes);
      if (parts === undefined) continue;
      apart++;
      for (const { trees } of parts.nodes)
        for (const { feature, left, right } of trees)
          feature.forEach((column, node) => {
            if (column < 0) return;
            expect(Math.min(left[node]!, right[node]!)).toBeGreaterThan(node);
            expect(Math.max(left[node]!, right[node]!)).toBeLessThan(feature.length);
          });
    }
    expect(apart).toBeGreaterThan(10);
  });
});

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HypersphereError } from "../errors.js";
import {
  type DataType,
  Graph,
  gather,
  gradients,
  identity,
  leakyRelu,
  loop,
  matmul,
  mean,
  mul,
  serialize,
  squaredDistance,
  sub,
  sum,
  type Tensor,
} from "../graph/index.js";
import { nodeBackend } from "./node/backend.js";
import { loadNativeRuntime } from "./node/native.js";
import { WorkerRuntime } from "./node/worker-runtime.js";
import {
  float32,
  float64,
  int64,
  type Runtime,
  type Session,
  scalarIndex,
  strings,
  type TensorValue,
  type Values,
} from "./port.js";
import { loadWasmRuntime } from "./web.js";

const dist = new URL("../../dist/", import.meta.url);
if (!existsSync(new URL("runtime/node/worker.js", dist))) {
  throw new Error("Worker threads run compiled code: build first (npm run build).");
}

interface Adapter {
  readonly name: string;
  readonly threaded: boolean;
  open(): Promise<Runtime>;
}

const adapters: Adapter[] = [
  { name: "native", threaded: false, open: loadNativeRuntime },
  { name: "native in a worker", threaded: true, open: async () => new WorkerRuntime("native", "test") },
  { name: "WebAssembly", threaded: false, open: loadWasmRuntime },
  { name: "WebAssembly in a worker", threaded: true, open: async () => new WorkerRuntime("wasm", "test") },
];

function model(build: (graph: Graph) => Record<string, Tensor>): Uint8Array {
  const graph = new Graph();
  for (const [name, tensor] of Object.entries(build(graph))) graph.output(name, tensor);
  return serialize(graph);
}

const echo = (dtype: DataType): Uint8Array =>
  model((graph) => ({ y: identity(graph.input("x", dtype, ["n"])) }));
const doubled = model((graph) => ({ y: mul(graph.input("x", "float32", ["rows", 2]), 2) }));
const rowsOfTable = model((graph) => {
  const table = graph.input("table", "float32", ["rows", 2]);
  return { row: gather(table, graph.input("index", "int64", [])), size: sum(table) };
});
/** Multiplies a matrix with itself again and again: a run that takes a while. */
const slow = model((graph) => {
  const x = graph.input("x", "float32", [64, 64]);
  const { carried } = loop(graph, graph.input("steps", "int64", []), [x], (_, [y]) => ({
    carried: [matmul(y!, x)],
    collected: [],
  }));
  return { y: carried[0]! };
});
const slowFeeds = (steps: number): Values => ({
  x: float32([64, 64], new Float32Array(4096)),
  steps: scalarIndex(steps),
});

/** A small network drawn together around a point, twenty steps of gradient descent in one run. */
const training = model((graph) => {
  const x = graph.input("x", "float32", ["rows", 3]);
  const start = [
    graph.initializer(
      "start_1",
      "float32",
      [3, 8],
      Float32Array.from({ length: 24 }, (_, k) => Math.sin(k + 1)),
    ),
    graph.initializer(
      "start_2",
      "float32",
      [8, 2],
      Float32Array.from({ length: 16 }, (_, k) => Math.cos(k)),
    ),
  ];
  const { carried, collected } = loop(graph, graph.input("steps", "int64", []), start, (_, weights) => {
    const embedded = matmul(leakyRelu(matmul(x, weights[0]!), 0.1), weights[1]!);
    const loss = mean(squaredDistance(embedded, graph.constant("float32", [2], Float32Array.of(1, -1))));
    const steps = gradients(loss, weights);
    return { carried: weights.map((w, k) => sub(w, mul(steps[k]!, 0.01))), collected: [loss] };
  });
  return { w1: carried[0]!, w2: carried[1]!, losses: collected[0]! };
});
const trainingFeeds: Values = {
  x: float32(
    [5, 3],
    Float32Array.from({ length: 15 }, (_, k) => Math.sin(3 * k)),
  ),
  steps: scalarIndex(20),
};

async function failure(promise: Promise<unknown>): Promise<HypersphereError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HypersphereError);
  expect((error as HypersphereError).code).toBe("runtime");
  return error as HypersphereError;
}

describe.each(adapters)("$name", ({ threaded, open }) => {
  let runtime: Runtime;
  const sessions: Session[] = [];
  const load = async (bytes: Uint8Array): Promise<Session> => {
    const session = await runtime.createSession(bytes);
    sessions.push(session);
    return session;
  };
  beforeAll(async () => {
    runtime = await open();
  });
  afterAll(async () => {
    for (const session of sessions) await session.release();
    await runtime.close();
  });

  it.each<[DataType, TensorValue]>([
    ["float32", float32([3], Float32Array.of(1.5, -0, Number.NaN))],
    ["float64", float64([2], Float64Array.of(Math.PI, -1e300))],
    ["int64", int64([2], BigInt64Array.of(-1n, 2n ** 62n))],
    ["int32", { dtype: "int32", shape: [2], data: Int32Array.of(-5, 2 ** 31 - 1) }],
    ["bool", { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) }],
    ["string", strings([4], ["", "a", "Größe ≥ 3", "日本 🎈"])],
  ])("carries %s both ways", async (dtype, value) => {
    const session = await load(echo(dtype));
    const { y } = await session.run({ x: value });
    expect({ ...y! }).toEqual(value);
    expect(y!.shape).toEqual(value.shape);
  });

  it("carries scalars and tables without rows", async () => {
    const scalar = await load(model((graph) => ({ y: identity(graph.input("x", "float64", [])) })));
    expect((await scalar.run({ x: float64([], Float64Array.of(7)) })).y).toEqual(
      float64([], Float64Array.of(7)),
    );
    const session = await load(doubled);
    const { y } = await session.run({ x: float32([0, 2], new Float32Array(0)) });
    expect(y).toEqual(float32([0, 2], new Float32Array(0)));
  });

  it("knows the names of inputs and outputs", async () => {
    const session = await load(rowsOfTable);
    expect([...session.inputNames].sort()).toEqual(["index", "table"]);
    expect([...session.outputNames].sort()).toEqual(["row", "size"]);
  });

  it("keeps what was bound over many runs, and lets it be replaced", async () => {
    const session = await load(rowsOfTable);
    await session.bind({ table: float32([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6)) });
    for (const index of [0, 2, 1, 2]) {
      const { row, size } = await session.run({ index: scalarIndex(index) });
      expect([...(row!.data as Float32Array)]).toEqual([2 * index + 1, 2 * index + 2]);
      expect(size!.data[0]).toBe(21);
    }
    await session.bind({ index: scalarIndex(1) });
    await session.bind({ table: float32([2, 2], Float32Array.of(9, 8, 7, 6)) });
    expect((await session.run({})).row!.data).toEqual(Float32Array.of(7, 6));
    // What is fed goes before what is bound, for that run.
    expect((await session.run({ index: scalarIndex(0) })).row!.data).toEqual(Float32Array.of(9, 8));
    expect((await session.run({})).row!.data).toEqual(Float32Array.of(7, 6));
  });

  it("takes buffers over when told to, or else leaves them alone", async () => {
    const session = await load(rowsOfTable);
    const copied = Float32Array.of(1, 2, 3, 4);
    await session.bind({ table: float32([2, 2], copied) });
    expect(copied.length).toBe(4);
    const moved = Float32Array.of(5, 6, 7, 8);
    await session.bind({ table: float32([2, 2], moved) }, { transfer: true });
    expect(moved.length).toBe(threaded ? 0 : 4);
    expect((await session.run({ index: scalarIndex(1) })).row!.data).toEqual(Float32Array.of(7, 8));
  });

  it("takes parts of larger buffers, also for transfer, and never harms the rest", async () => {
    const session = await load(rowsOfTable);
    const all = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    await session.bind({ table: float32([2, 2], all.subarray(4)) }, { transfer: true });
    expect([...all]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await session.run({ index: scalarIndex(0) })).row!.data).toEqual(Float32Array.of(5, 6));
    const { row } = await session.run({ index: scalarIndex(1), table: float32([2, 2], all.subarray(2, 6)) });
    expect(row!.data).toEqual(Float32Array.of(5, 6));
    expect(all.length).toBe(8);
  });

  it("takes memory that threads share", async () => {
    const session = await load(doubled);
    const shared = new Float32Array(new SharedArrayBuffer(16));
    shared.set([1, 2, 3, 4]);
    await session.bind({ x: float32([2, 2], shared) }, { transfer: true });
    expect((await session.run({})).y!.data).toEqual(Float32Array.of(2, 4, 6, 8));
  });

  it("gives results that are the caller's to keep", async () => {
    const session = await load(doubled);
    const input = Float32Array.of(1, 2);
    const first = await session.run({ x: float32([1, 2], input) });
    input[0] = 100;
    const second = await session.run({ x: float32([1, 2], input) });
    expect(first.y!.data).toEqual(Float32Array.of(2, 4));
    expect(second.y!.data).toEqual(Float32Array.of(200, 4));
    const loose = await load(model((graph) => ({ y: graph.input("x", "float32", [2]) })));
    const same = await loose.run({ x: float32([2], input) });
    input[0] = 5;
    expect(same.y!.data).toEqual(Float32Array.of(100, 2));
  });

  it("carries results of many megabytes", async () => {
    const session = await load(doubled);
    const data = Float32Array.from({ length: 2_000_000 }, (_, k) => k % 1000);
    const { y } = await session.run({ x: float32([1_000_000, 2], data) });
    expect(y!.data.length).toBe(2_000_000);
    expect(y!.data[1_999_999]).toBe(2 * 999);
  });

  it("answers requests that overlap, each with its own result", async () => {
    const session = await load(doubled);
    const other = await load(echo("float32"));
    const results = await Promise.all(
      [1, 2, 3, 4].flatMap((value) => [
        session.run({ x: float32([1, 2], Float32Array.of(value, -value)) }),
        other.run({ x: float32([1], Float32Array.of(value)) }),
      ]),
    );
    expect(results.map(({ y }) => y!.data[0])).toEqual([2, 1, 4, 2, 6, 3, 8, 4]);
  });

  it("trains: a loop of gradient steps in one run", async () => {
    const session = await load(training);
    const { losses, w1 } = await session.run(trainingFeeds);
    const values = losses!.data as Float32Array;
    expect(values).toHaveLength(20);
    expect(w1!.shape).toEqual([3, 8]);
    for (let step = 1; step < 20; step++) expect(values[step]).toBeLessThan(values[step - 1]!);
    // The same again, to the last bit.
    expect(await session.run(trainingFeeds)).toMatchObject({
      losses: { data: values },
      w1: { data: w1!.data },
    });
  });

  it("runs with two threads inside of one operator", async () => {
    const session = await runtime.createSession(doubled, { threads: 2 });
    sessions.push(session);
    expect((await session.run({ x: float32([1, 2], Float32Array.of(1, 2)) })).y!.data).toEqual(
      Float32Array.of(2, 4),
    );
  });

  it("refuses bytes that are no model", async () => {
    for (const bytes of [new Uint8Array(0), Uint8Array.of(1, 2, 3), doubled.slice(0, doubled.length - 30)]) {
      expect((await failure(runtime.createSession(bytes))).message).toContain("does not accept the model");
    }
  });

  it("says what is wrong with the data", async () => {
    const session = await load(doubled);
    const two = Float32Array.of(1, 2);
    const run = (feeds: Values) => failure(session.run(feeds));
    expect((await run({})).message).toMatch(/could not run the model: .*x/);
    expect((await run({ x: float32([2], two) })).message).toContain("could not run the model");
    expect((await run({ x: float32([2, 1], two) })).message).toContain("could not run the model");
    expect((await run({ x: float64([1, 2], Float64Array.of(1, 2)) })).message).toContain(
      "could not run the model",
    );
    expect((await run({ x: float32([2, 2], two) })).message).toBe(
      'The input "x" has 2 elements, but its shape is [2, 2].',
    );
    expect((await run({ x: float32([1, 2], two), z: float32([1, 2], two) })).message).toBe(
      'The model has no input "z"; its inputs are: x.',
    );
    expect((await failure(session.bind({ z: float32([1, 2], two) }))).message).toContain('no input "z"');
    expect((await failure(session.bind({ x: float32([3, 2], two) }))).message).toContain(
      "its shape is [3, 2]",
    );
    // None of that does lasting harm.
    expect((await session.run({ x: float32([1, 2], two) })).y!.data).toEqual(Float32Array.of(2, 4));
  });

  it("does not run a released session, and releases twice without complaint", async () => {
    const session = await runtime.createSession(doubled);
    const kept = await load(doubled);
    await session.release();
    await session.release();
    await failure(session.run({ x: float32([1, 2], Float32Array.of(1, 2)) }));
    await kept.run({ x: float32([1, 2], Float32Array.of(1, 2)) });
  });

  it.runIf(threaded)("leaves the calling thread free during a run", async () => {
    const session = await load(slow);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    // Longer and longer runs, until one has let the timer through; a blocked thread would never.
    for (let steps = 500, took = 0; ticks <= 5 && took < 5000; steps *= 4) {
      ticks = 0;
      const start = performance.now();
      await session.run(slowFeeds(steps));
      took = performance.now() - start;
    }
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
  });

  it.runIf(threaded)("rejects what was under way and what comes after close()", async () => {
    const own = await open();
    const session = await own.createSession(slow);
    const underWay = failure(session.run(slowFeeds(2000)));
    const waiting = failure(session.run(slowFeeds(1)));
    await own.close();
    expect((await underWay).message).toBe("The runtime was closed.");
    expect((await waiting).message).toBe("The runtime was closed.");
    expect((await failure(session.run(slowFeeds(1)))).message).toBe("The runtime was closed.");
    await failure(session.bind(slowFeeds(1)));
    await failure(own.createSession(slow));
    await session.release();
    await own.close();
  });

  it.runIf(threaded)("says so when data have already moved away", async () => {
    const session = await load(doubled);
    const data = Float32Array.of(1, 2);
    const empty = new Float32Array(0);
    await session.bind({ x: float32([1, 2], data) }, { transfer: true });
    const error = await failure(session.bind({ x: float32([1, 2], data) }, { transfer: true }));
    expect(error.message).toBe('The input "x" has 0 elements, but its shape is [1, 2].');
    expect(error.hint).toContain("handed over");
    await session.run({});
    for (let time = 0; time < 2; time++)
      await session.bind({ x: float32([0, 2], empty) }, { transfer: true });
    expect((await session.run({})).y!.shape).toEqual([0, 2]);
  });
});

describe("across the builds", () => {
  it("native results are the same bits in a worker; WebAssembly's are within 1e-6", async () => {
    const results: Record<string, TensorValue>[] = [];
    for (const { open } of adapters) {
      const runtime = await open();
      const session = await runtime.createSession(training);
      results.push(await session.run(trainingFeeds));
      await session.release();
      await runtime.close();
    }
    const [native, worker, wasm, wasmWorker] = results as [(typeof results)[0], ...typeof results];
    expect(worker).toEqual(native);
    expect(wasmWorker).toEqual(wasm);
    for (const [name, { data }] of Object.entries(native)) {
      (data as Float32Array).forEach((value, k) => {
        const difference = Math.abs((wasm![name]!.data as Float32Array)[k]! - value);
        expect(difference).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
      });
    }
  });
});

describe("a worker that dies", () => {
  const entry = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const failing: [string, string, string][] = [
    ["at once, with an exception", 'throw new Error("out of luck")', "The worker thread failed: out of luck"],
    ["at once, without a word", "process.exit(0)", "The worker thread has ended."],
    [
      "at its first request",
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => process.exit(1));',
      "The worker thread has ended.",
    ],
    [
      "by a rejected promise",
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => Promise.reject(new Error("no")));',
      "The worker thread failed: no",
    ],
  ];
  it.each(failing)("%s", async (_, code, message) => {
    const runtime = new WorkerRuntime("native", "test", { entry: entry(code) });
    const requests = [1, 2, 3].map(() => failure(runtime.createSession(doubled)));
    for (const error of await Promise.all(requests)) expect(error.message).toBe(message);
    expect((await failure(runtime.createSession(doubled))).message).toBe(message);
    await runtime.close();
  });

  it("before anything was asked of it", async () => {
    const runtime = new WorkerRuntime("native", "test", { entry: entry("process.exit(0)") });
    for (let wait = 0; wait < 100 && !runtime.ended; wait++) await sleep(20);
    expect((await failure(runtime.createSession(doubled))).message).toBe("The worker thread has ended.");
  });
});

const execute = promisify(execFile);

/** The beginning of a program of its own: doubles two numbers on a runtime. */
const prelude = `
  import { Graph, mul, serialize } from ${JSON.stringify(new URL("graph/index.js", dist).href)};
  import { nodeBackend } from ${JSON.stringify(new URL("runtime/node/backend.js", dist).href)};
  const graph = new Graph();
  graph.output("y", mul(graph.input("x", "float32", [2]), 2));
  const run = async (runtime) => {
    const session = await runtime.createSession(serialize(graph));
    const { y } = await session.run({ x: { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) } });
    return [runtime.kind, ...y.data];
  };`;

describe("nodeBackend", () => {
  it("shares one runtime in this thread and opens others in threads of their own", async () => {
    const messages: string[] = [];
    const backend = nodeBackend({ onFallback: (message) => messages.push(message) });
    expect(await backend.inline()).toBe(await backend.inline());
    const { kind, version } = await backend.inline();
    expect(kind).toBe("native");
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(backend.cores).toBeGreaterThanOrEqual(1);
    const opened = await backend.open(2);
    expect(opened.map((runtime) => [runtime.kind, runtime.version])).toEqual([
      [kind, version],
      [kind, version],
    ]);
    const results = await Promise.all(
      opened.map(async (runtime) => {
        const session = await runtime.createSession(doubled);
        return (await session.run({ x: float32([1, 2], Float32Array.of(1, 2)) })).y!.data[1];
      }),
    );
    expect(results).toEqual([4, 4]);
    for (const runtime of opened) await runtime.close();
    expect(messages).toEqual([]);
  });

  it("shares the cores between the runtimes that it opens, up to eight each", async () => {
    const sharesOf = async (cores: number, count: number, kind: Runtime["kind"] = "native") => {
      const opened = await nodeBackend({ cores, runtime: kind }).open(count);
      for (const runtime of opened) await runtime.close();
      return opened.map((runtime) => runtime.cores);
    };
    expect(await sharesOf(2, 1)).toEqual([2]);
    expect(await sharesOf(2, 2)).toEqual([1, 1]);
    expect(await sharesOf(7, 3)).toEqual([2, 2, 2]);
    expect(await sharesOf(64, 1)).toEqual([8]);
    expect(await sharesOf(2, 3)).toEqual([1, 1, 1]);
    // One thread, see web.ts.
    expect(await sharesOf(4, 1, "wasm")).toEqual([1]);
    expect((await nodeBackend({ cores: 4 }).inline()).cores).toBe(1);
  });

  it("takes WebAssembly when asked to", async () => {
    expect((await nodeBackend({ runtime: "wasm" }).inline()).kind).toBe("wasm");
  });

  it("falls back to WebAssembly with one line, or fails where native was demanded", async () => {
    // A process in which the native package does not load, as on a platform that it has no binary for.
    const hooks = `export async function resolve(specifier, context, next) {
      if (specifier === "onnxruntime-node") throw new Error("no binary for this platform.\\nSecond line");
      return next(specifier, context);
    }`;
    const register = `import { register } from "node:module";
      register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});`;
    const script = `
      ${prelude}
      const messages = [];
      const backend = nodeBackend({ onFallback: (message) => messages.push(message) });
      const results = [await run(await backend.inline()), await run((await backend.open(1))[0])];
      const demanded = await nodeBackend({ runtime: "native" }).inline().catch(({ code, message, hint }) => ({ code, message, hint }));
      console.log(JSON.stringify({ results, messages, demanded }));`;
    const directory = await mkdtemp(join(tmpdir(), "hypersphere-"));
    const file = join(directory, "fallback.mjs");
    await writeFile(file, script);
    const importing = `data:text/javascript,${encodeURIComponent(register)}`;
    // Without the optimising compiler, for whose work on WebAssembly an ending process would wait for seconds.
    const { stdout, stderr } = await execute(process.execPath, [
      "--liftoff-only",
      "--import",
      importing,
      file,
    ]);
    await rm(directory, { recursive: true });
    expect(stderr).toBe("");
    const reason = "The native ONNX Runtime does not load: no binary for this platform.";
    expect(JSON.parse(stdout)).toEqual({
      results: [
        ["wasm", 2, 4],
        ["wasm", 2, 4],
      ],
      messages: [`${reason} Going on with WebAssembly, several times slower.`],
      demanded: {
        code: "runtime",
        message: reason,
        hint: expect.stringContaining("Reinstall onnxruntime-node"),
      },
    });
  });
});

describe("the process", () => {
  it("runs workers from --eval as well, and ends by itself when they are idle", async () => {
    const script = `${prelude}
      const [runtime] = await nodeBackend().open(1);
      console.log(JSON.stringify(await run(runtime)));`;
    const { stdout } = await execute(process.execPath, ["--input-type=module", "--eval", script], {
      timeout: 30_000,
    });
    expect(stdout).toBe('["native",2,4]\n');
  });
});

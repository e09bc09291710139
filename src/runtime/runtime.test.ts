import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adapters } from "../../test/runtime/adapters.js";
import {
  doubled,
  echo,
  failure,
  model,
  rowsOfTable,
  slow,
  slowFeeds,
  training,
  trainingFeeds,
} from "../../test/runtime/models.js";
import { type DataType, identity } from "../graph/index.js";
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

  it("hands over only the outputs that are asked for, and leaves out names that the model does not have", async () => {
    const session = await load(
      model((graph) => {
        const x = graph.input("x", "float32", ["rows"]);
        return { y: identity(x), z: identity(identity(x)) };
      }),
    );
    const x = float32([2], Float32Array.of(1, 2));
    expect(Object.keys(await session.run({ x })).sort()).toEqual(["y", "z"]);
    expect(await session.run({ x }, ["z", "other"])).toEqual({ z: x });
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
    expect(error.hint).toContain("transferred");
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

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { dist } from "../../../test/runtime/adapters.js";
import { doubled } from "../../../test/runtime/models.js";
import { float32, type Runtime } from "../port.js";
import { nodeBackend } from "./backend.js";

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
      messages: [`${reason} Continuing with WebAssembly, which is several times slower.`],
      demanded: {
        code: "runtime",
        message: reason,
        hint: expect.stringContaining("Reinstall onnxruntime-node"),
      },
    });
  });

  it("says how to install the native build where it is missing", async () => {
    const hooks = `export async function resolve(specifier, context, next) {
      return next(specifier === "onnxruntime-node" ? "onnxruntime-nowhere" : specifier, context);
    }`;
    const script = `
      import { register } from "node:module";
      register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});
      const { nodeBackend } = await import(${JSON.stringify(new URL("runtime/node/backend.js", dist).href)});
      const messages = [];
      const { kind } = await nodeBackend({ onFallback: (message) => messages.push(message) }).inline();
      console.log(JSON.stringify({ kind, messages }));`;
    const { stdout } = await execute(process.execPath, ["--input-type=module", "--eval", script]);
    const { kind, messages } = JSON.parse(stdout);
    expect(kind).toBe("wasm");
    expect(messages).toEqual([
      expect.stringContaining("ONNXRUNTIME_NODE_INSTALL=skip npm install adds it. Continuing"),
    ]);
  });
});

describe("the process", () => {
  it("keeps numbers too small for full precision, whatever its first session is for", async () => {
    const script = `
      import { nodeBackend } from ${JSON.stringify(new URL("runtime/node/backend.js", dist).href)};
      import { Trainer } from ${JSON.stringify(new URL("train/trainer.js", dist).href)};
      import { ParameterLayout } from ${JSON.stringify(new URL("nn/parameters.js", dist).href)};
      import { optimizer } from ${JSON.stringify(new URL("train/optimizers.js", dist).href)};
      import { mean, square } from ${JSON.stringify(new URL("graph/index.js", dist).href)};
      const layout = new ParameterLayout([{ name: "w", shape: [1], initialize: () => {} }]);
      const trainer = await Trainer.open(
        await nodeBackend().inline(),
        {
          layout,
          optimizer: optimizer({ name: "adam", weightDecay: 0 }),
          batchSize: 1,
          data: {},
          loss: ({ parameters }) => mean(square(parameters.get("w"))),
        },
        {},
        { rowCount: 1, batchSize: 1, learningRate: { base: 0.1, milestones: [], factor: 1 }, shuffle: () => ({ permutation: (count) => new Uint32Array(count) }) },
      );
      await trainer.epochs(trainer.start(Float32Array.of(1)), 1);
      await trainer.close();
      console.log(JSON.stringify([Number("1e-310") / 2, Float32Array.of(1e-45)[0]]));`;
    const { stdout } = await execute(process.execPath, ["--input-type=module", "--eval", script]);
    // Subnormal in double and in single precision.
    expect(JSON.parse(stdout)).toEqual([1e-310 / 2, Math.fround(1e-45)]);
  });

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

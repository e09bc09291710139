import { availableParallelism, cpus, totalmem } from "node:os";
import { add, Graph, serialize } from "../../graph/index.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { loadWasmRuntime } from "../../runtime/web/wasm.js";
import { bytes, columns } from "../../text/format.js";
import { VERSION } from "../../version.js";
import type { CliCommand } from "../command.js";
import { EXIT } from "../exit-codes.js";

interface RuntimeReport {
  readonly ok: boolean;
  readonly version: string | null;
  /** Why it does not work. */
  readonly problem: string | null;
  /** Time to load the build and to run a first small graph. */
  readonly milliseconds: number;
}

export const command: CliCommand = {
  configure(doctor) {
    doctor
      .optionsGroup("Output:")
      .option("--json", "print one JSON object")
      .addHelpText("after", "\nExit code 0 if at least one build of ONNX Runtime works, 6 if none does.");
  },

  async run(_, { output }) {
    const native = await tryRuntime(loadNativeRuntime);
    const wasm = await tryRuntime(loadWasmRuntime);
    const works = native.ok || wasm.ok;
    const machine = {
      hypersphere: VERSION,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      processor: cpus()[0]?.model ?? "unknown",
      cores: availableParallelism(),
      memoryBytes: totalmem(),
    };
    if (output.json) output.resultJson({ ok: works, ...machine, runtimes: { native, wasm } });
    else {
      const lines = [
        ["hypersphere", machine.hypersphere],
        ["node", `${machine.node} on ${machine.platform}`],
        ["processor", `${machine.processor}, ${machine.cores} cores to use`],
        ["memory", bytes(machine.memoryBytes)],
        ["native", runtimeText(native, "onnxruntime-node")],
        ["wasm", runtimeText(wasm, "onnxruntime-web")],
      ];
      for (const line of columns(lines)) output.result(line);
      output.result(verdict(native, wasm));
    }
    return works ? EXIT.ok : EXIT.runtime;
  },
};

/** Loads a build and has it add two numbers: some builds load, and fail at the first graph. */
async function tryRuntime(load: () => Promise<Runtime>): Promise<RuntimeReport> {
  const begun = performance.now();
  const milliseconds = (): number => Math.round(performance.now() - begun);
  let version: string | null = null;
  try {
    const runtime = await load();
    version = runtime.version;
    const graph = new Graph();
    const input = graph.input("x", "float32", [1]);
    graph.output("sum", add(input, input));
    const session = await runtime.createSession(serialize(graph));
    const { sum } = await session.run({ x: float32([1], Float32Array.of(1.5)) });
    await session.release();
    if (sum?.data[0] !== 3) throw new Error(`1.5 + 1.5 came out as ${String(sum?.data[0])}`);
    return { ok: true, version, problem: null, milliseconds: milliseconds() };
  } catch (error) {
    return { ok: false, version, problem: (error as Error).message, milliseconds: milliseconds() };
  }
}

function runtimeText({ ok, version, problem, milliseconds }: RuntimeReport, name: string): string {
  return ok ? `${name} ${version} works (${milliseconds} ms to start)` : `${name} does not work: ${problem}`;
}

function verdict(native: RuntimeReport, wasm: RuntimeReport): string {
  if (native.ok) return "All is well.";
  if (wasm.ok) return "Training and scoring work, several times slower than with the native build.";
  return "No ONNX Runtime works here: reinstall the package with npm ci.";
}

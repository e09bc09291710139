import { existsSync } from "node:fs";
import { loadNativeRuntime } from "../../src/runtime/node/native.js";
import { WorkerRuntime } from "../../src/runtime/node/worker-runtime.js";
import type { Runtime } from "../../src/runtime/port.js";
import { loadWasmRuntime } from "../../src/runtime/web/wasm.js";

export const dist = new URL("../../dist/", import.meta.url);
if (!existsSync(new URL("runtime/node/worker.js", dist))) {
  throw new Error("Worker threads run compiled code: build first (npm run build).");
}

/** One way to a runtime. */
export interface Adapter {
  readonly name: string;
  readonly threaded: boolean;
  open(): Promise<Runtime>;
}

export const adapters: Adapter[] = [
  { name: "native", threaded: false, open: loadNativeRuntime },
  { name: "native in a worker", threaded: true, open: async () => new WorkerRuntime("native", "test") },
  { name: "WebAssembly", threaded: false, open: loadWasmRuntime },
  { name: "WebAssembly in a worker", threaded: true, open: async () => new WorkerRuntime("wasm", "test") },
];

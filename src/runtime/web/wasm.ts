import type { OrtModule } from "../ort-runtime.js";
import { OrtRuntime } from "../ort-runtime.js";
import type { Runtime } from "../port.js";

/**
 * onnxruntime-web's WebAssembly build, in the calling thread: a page, a Web Worker, or Node where the native build
 * does not load. One thread, since several need cross-origin isolation and small networks gain nothing from them.
 *
 * `wasmPaths` says where the .wasm files are served from, in bundles that move them.
 */
export async function loadWasmRuntime({ wasmPaths }: { wasmPaths?: string } = {}): Promise<Runtime> {
  const ort = await import("onnxruntime-web/wasm");
  ort.env.wasm.numThreads = 1;
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  return new OrtRuntime("wasm", ort.env.versions.web ?? ort.env.versions.common, ort as unknown as OrtModule);
}

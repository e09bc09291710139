import type { Runtime } from "../port.js";
import { loadWasmRuntime } from "../web/wasm.js";
import { loadNativeRuntime } from "./native.js";

/**
 * ONNX Runtime in the calling thread: "auto" takes the native build where it loads, else WebAssembly.
 * @param onFallback receives one line on why the slower build is used
 */
export async function loadRuntime(
  wanted: "auto" | Runtime["kind"],
  onFallback?: (message: string) => void,
): Promise<Runtime> {
  if (wanted === "wasm") return loadWasmRuntime();
  try {
    return await loadNativeRuntime();
  } catch (error) {
    if (wanted === "native") throw error;
    onFallback?.(`${(error as Error).message} Continuing with WebAssembly, which is several times slower.`);
    return loadWasmRuntime();
  }
}

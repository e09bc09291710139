/** The package in the browser: everything but files. Call `useWebRuntime` once, before fitting or scoring. */
import { provideBackend } from "./runtime/index.js";
import { loadWasmRuntime } from "./runtime/web/wasm.js";
import { withTurns } from "./runtime/web/with-turns.js";

export * from "./core.js";

/**
 * Loads onnxruntime-web. Fits and scores block the thread they run in: call them from a Web Worker.
 * @param options.wasmPaths where the .wasm files are served from, in bundles that move them
 */
export async function useWebRuntime(options: { wasmPaths?: string } = {}): Promise<void> {
  const runtime = withTurns(await loadWasmRuntime(options));
  provideBackend({
    cores: 1,
    inline: async () => runtime,
    open: async (count) => Array(count).fill(runtime),
  });
}

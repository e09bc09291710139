import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import { childBackend } from "../runtime/node/child-runtime.js";
import type { CliContext } from "./command.js";
import type { RuntimeChoice } from "./flags/data-flags.js";

/**
 * For commands that score and do not train: in a process that Ctrl-C ends, whatever the model is at. It starts while the model
 * and the data are read.
 */
export function useScoringRuntime(runtime: RuntimeChoice | undefined, { output, signal }: CliContext): void {
  const backend = childBackend({ runtime, signal, onFallback: (message) => output.warn(message) });
  backend.start();
  provideBackend(backend);
}

/** Chooses the build of ONNX Runtime. The package's main door is not used: it would load every detector first. */
export function useRuntime(runtime: RuntimeChoice | undefined, { output }: CliContext): void {
  provideBackend(nodeBackend({ runtime: runtime ?? "auto", onFallback: (message) => output.warn(message) }));
}

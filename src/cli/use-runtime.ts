import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import type { CliContext } from "./command.js";
import type { RuntimeChoice } from "./flags/data-flags.js";

/** Chooses the build of ONNX Runtime. The package's main door is not used: it would load every detector first. */
export function useRuntime(runtime: RuntimeChoice | undefined, { output }: CliContext): void {
  provideBackend(nodeBackend({ runtime: runtime ?? "auto", onFallback: (message) => output.warn(message) }));
}

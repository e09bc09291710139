import { HypersphereError } from "../../errors.js";
import { OrtRuntime } from "../ort-runtime.js";
import type { Runtime } from "../port.js";

/**
 * onnxruntime-node, in the calling thread.
 *
 * @throws HypersphereError `runtime` where the package is missing or its binary does not load on this machine.
 */
export async function loadNativeRuntime(): Promise<Runtime> {
  try {
    const ort = await import("onnxruntime-node");
    return new OrtRuntime("native", ort.env.versions.node ?? ort.env.versions.common, ort);
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new HypersphereError(
      "runtime",
      `The native ONNX Runtime does not load: ${reason!.replace(/\.$/, "")}.`,
      {
        cause,
        hint: "Reinstall onnxruntime-node for this platform, or continue with the slower WebAssembly build.",
      },
    );
  }
}

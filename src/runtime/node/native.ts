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
    if ((cause as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") throw notInstalled(cause);
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

/**
 * On Linux, onnxruntime-node's install script downloads GPU libraries, which nothing here uses. Where it cannot, npm leaves
 * the package out, for it is an optional dependency, and with it the CPU build, which needs no download.
 */
function notInstalled(cause: unknown): HypersphereError {
  return new HypersphereError(
    "runtime",
    "The native ONNX Runtime (package onnxruntime-node) is not installed; ONNXRUNTIME_NODE_INSTALL=skip npm install adds it.",
    {
      cause,
      hint: "Set ONNXRUNTIME_NODE_INSTALL=skip and install again, so that no GPU libraries are downloaded, or go on with the slower WebAssembly build.",
    },
  );
}

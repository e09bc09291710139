/** Entry of a worker thread: owns one ONNX Runtime and answers the requests of `WorkerRuntime`. */
import { parentPort, workerData } from "node:worker_threads";
import { loadWasmRuntime } from "../web/wasm.js";
import { answerer } from "./answers.js";
import { loadNativeRuntime } from "./native.js";
import type { WorkerSettings } from "./protocol.js";

const port = parentPort!;
const settings = workerData as WorkerSettings;
const runtime = settings.kind === "native" ? loadNativeRuntime() : loadWasmRuntime();
port.on(
  "message",
  answerer(runtime, (reply, transfer) => port.postMessage(reply, transfer)),
);

// A message that cannot be read has no sender to answer: ending the thread tells all of them.
port.on("messageerror", (error) => {
  throw error;
});

/** Entry of a child process: owns one ONNX Runtime and answers the requests of `ChildRuntime`. It can be ended at any time. */
import { Worker } from "node:worker_threads";
import { answerer } from "./answers.js";
import { loadRuntime } from "./load.js";
import { describeError } from "./passed-error.js";
import type { ChildSettings, Ready, Reply, Request } from "./protocol.js";

const { kind: wanted, memoryMiB } = JSON.parse(process.argv[2]!) as ChildSettings;
const send = (message: Reply | Ready): void => {
  process.send!(message);
};

let fallback: string | undefined;
const runtime = loadRuntime(wanted, (message) => {
  fallback = message;
});
runtime.then(
  ({ kind, version }) => send({ ready: { kind, version, ...(fallback !== undefined && { fallback }) } }),
  (error: unknown) => send({ failed: describeError(error) }),
);

const answer = answerer(runtime, send);
let watched = false;
process.on("message", async (request: Request) => {
  if (request.kind === "create" && !watched && (memoryMiB !== undefined || (await mayRunOn(request.model)))) {
    watched = true;
    await watch();
  }
  answer(request);
});
// Nobody is left to tell anything to. A run that goes on meanwhile ends before this is heard.
process.once("disconnect", () => process.exit(0));

/** Whether a run of a model may have no end; others have one, since their graphs have. A thread costs as much as a small run. */
async function mayRunOn(model: Uint8Array): Promise<boolean> {
  const { surveyModel } = await import("../../graph/onnx/survey.js");
  const { operators, functions } = surveyModel(model);
  return functions || ["Loop", "Scan"].some((name) => operators.includes(name));
}

/** Watches from a thread of its own, since a run blocks this one: over the memory, and over a parent that was killed. */
function watch(): Promise<void> {
  const watchdog = new Worker(new URL("./watchdog.js", import.meta.url), {
    workerData: { memoryMiB, parent: process.ppid },
  });
  watchdog.unref();
  return new Promise((resolve) => watchdog.once("online", resolve));
}

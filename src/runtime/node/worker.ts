/** Entry of a worker thread: owns one ONNX Runtime and answers the requests of `WorkerRuntime`. */
import { parentPort, workerData } from "node:worker_threads";
import { HypersphereError } from "../../errors.js";
import type { Session } from "../port.js";
import { loadWasmRuntime } from "../web.js";
import { loadNativeRuntime } from "./native.js";
import type { Reply, Request, WorkerSettings } from "./protocol.js";

const port = parentPort!;
const settings = workerData as WorkerSettings;
const runtime = settings.kind === "native" ? loadNativeRuntime() : loadWasmRuntime();
const sessions = new Map<number, Session>();
let nextSession = 0;

async function answer(request: Request): Promise<Extract<Reply, { result: unknown }>["result"]> {
  switch (request.kind) {
    case "create": {
      const session = await (await runtime).createSession(request.model, request.options);
      const id = nextSession++;
      sessions.set(id, session);
      return { session: id, inputNames: session.inputNames, outputNames: session.outputNames };
    }
    case "bind":
      await sessions.get(request.session)!.bind(request.values);
      return undefined;
    case "run":
      return sessions.get(request.session)!.run(request.feeds);
    case "release":
      await sessions.get(request.session)?.release();
      sessions.delete(request.session);
      return undefined;
  }
}

// One at a time and in order, although each answer is asynchronous.
let queue = Promise.resolve();
port.on("message", (request: Request) => {
  queue = queue.then(async () => {
    let reply: Reply;
    try {
      reply = { id: request.id, result: await answer(request) };
    } catch (error) {
      const code = error instanceof HypersphereError ? error.code : "internal";
      reply = { id: request.id, error: { code, message: (error as Error).message } };
    }
    port.postMessage(reply);
  });
});

/** Entry of a worker thread: owns one ONNX Runtime and answers the requests of `WorkerRuntime`. */
import { parentPort, workerData } from "node:worker_threads";
import { HypersphereError } from "../../errors.js";
import type { Session, TensorValue } from "../port.js";
import { loadWasmRuntime } from "../web/wasm.js";
import { buffersOf } from "./messages.js";
import { loadNativeRuntime } from "./native.js";
import type { Reply, ReplyError, Request, WorkerSettings } from "./protocol.js";

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
      await sessionOf(request.session).bind(request.values);
      return undefined;
    case "run":
      return sessionOf(request.session).run(request.feeds);
    case "drain":
      return undefined;
    case "release":
      await sessions.get(request.session)?.release();
      sessions.delete(request.session);
      return undefined;
  }
}

function sessionOf(id: number): Session {
  const session = sessions.get(id);
  if (session === undefined) throw new HypersphereError("runtime", "The session was released.");
  return session;
}

// One at a time and in order, although each answer is asynchronous.
let queue = Promise.resolve();
port.on("message", (request: Request) => {
  queue = queue.then(async () => {
    try {
      const result = await answer(request);
      const reply: Reply = { id: request.id, result };
      // The results of a run belong to it alone: they move, which takes no time for any size.
      port.postMessage(reply, request.kind === "run" ? buffersOf(result as Record<string, TensorValue>) : []);
    } catch (error) {
      port.postMessage({ id: request.id, error: describe(error) } satisfies Reply);
    }
  });
});

// A message that cannot be read has no sender to answer: ending the thread tells all of them.
port.on("messageerror", (error) => {
  throw error;
});

function describe(error: unknown): ReplyError {
  if (!(error instanceof HypersphereError)) {
    return {
      code: "internal",
      message: error instanceof Error ? error.message : String(error),
      hint: undefined,
    };
  }
  return { code: error.code, message: error.message, hint: error.hint };
}

/** The answering side: owns one ONNX Runtime, in a thread or a process of its own. */
import { HypersphereError } from "../../errors.js";
import type { Runtime, Session, TensorValue } from "../port.js";
import { buffersOf } from "./messages.js";
import { describeError } from "./passed-error.js";
import type { Reply, Request } from "./protocol.js";

/** Takes requests one at a time and in order, although each answer is asynchronous. */
export function answerer(
  runtime: Promise<Runtime>,
  post: (reply: Reply, transfer: readonly ArrayBuffer[]) => void,
): (request: Request) => void {
  const sessions = new Map<number, Session>();
  let nextSession = 0;
  let queue = Promise.resolve();

  const sessionOf = (id: number): Session => {
    const session = sessions.get(id);
    if (session === undefined) throw new HypersphereError("runtime", "The session was released.");
    return session;
  };

  const answer = async (request: Request): Promise<Extract<Reply, { result: unknown }>["result"]> => {
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
        return sessionOf(request.session).run(request.feeds, request.outputs);
      case "drain":
        return undefined;
      case "release":
        await sessions.get(request.session)?.release();
        sessions.delete(request.session);
        return undefined;
    }
  };

  return (request) => {
    queue = queue.then(async () => {
      try {
        const result = await answer(request);
        // The results of a run belong to it alone: they move, which takes no time for any size.
        post(
          { id: request.id, result },
          request.kind === "run" ? buffersOf(result as Record<string, TensorValue>) : [],
        );
      } catch (error) {
        post({ id: request.id, error: describeError(error) }, []);
      }
    });
  };
}

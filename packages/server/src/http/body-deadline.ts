import type { IncomingMessage, Server, ServerResponse } from "node:http";

const deadlines = new WeakMap<IncomingMessage, NodeJS.Timeout>();

const GRACE_MS = 1000;

/**
 * Ends connections whose request has not arrived within its time. Node's own bound is one of the whole server, which no route can
 * lift.
 */
export function boundArrival(server: Server, seconds: number): void {
  server.prependListener("request", (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const late = (): void => {
      if (incoming.complete) return;
      if (!outgoing.headersSent) outgoing.writeHead(408, { Connection: "close" }).end();
      incoming.socket.destroySoon();
    };
    // What has come while the process was busy is read first.
    const look = (): void => start(late, GRACE_MS);
    const start = (then: () => void, ms: number): void => {
      deadlines.set(incoming, setTimeout(then, ms).unref());
    };
    start(look, seconds * 1000);
    incoming.once("close", () => liftBound(incoming));
  });
}

/** For routes that bound the time of each row in place of the whole. */
export const liftBound = (incoming: IncomingMessage): void => clearTimeout(deadlines.get(incoming));

import type { IncomingMessage, Server, ServerResponse } from "node:http";

const deadlines = new WeakMap<IncomingMessage, NodeJS.Timeout>();

const GRACE_MS = 1000;
const TIMED_OUT = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n";

/**
 * Ends connections whose request has not arrived within its time, or on which nothing has. Node's own bound is one of the whole server, which no route can
 * lift.
 */
export function boundArrival(server: Server, seconds: number): void {
  // Node bounds what has begun to arrive alone.
  server.on("connection", (socket) => {
    const ended = setTimeout(() => socket.bytesRead === 0 && socket.destroy(), seconds * 1000).unref();
    socket.once("close", () => clearTimeout(ended));
  });
  server.prependListener("request", (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const late = (): void => {
      if (incoming.complete) return;
      // What nobody has begun to read waits for the service, and not for its caller.
      if (!incoming.readableDidRead && !outgoing.writableEnded) {
        start(late, seconds * 1000);
        return;
      }
      // As Node does: what a route still says finds no connection, where it would find a second answer to be an error.
      if (!outgoing.headersSent) incoming.socket.write(TIMED_OUT);
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

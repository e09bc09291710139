import type { Runtime, Session } from "../port.js";

/**
 * A runtime that gives its thread a turn at other work before each run. WebAssembly computes in the calling thread, and
 * awaiting it never returns to the event loop: a Web Worker would read a message such as "stop" after the training only.
 */
export function withTurns(runtime: Runtime): Runtime {
  return {
    kind: runtime.kind,
    version: runtime.version,
    cores: runtime.cores,
    createSession: async (model, options) => sessionWithTurns(await runtime.createSession(model, options)),
    close: () => runtime.close(),
  };
}

function sessionWithTurns(session: Session): Session {
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    bind: (values, options) => session.bind(values, options),
    run: async (feeds, outputs) => {
      await turn();
      return session.run(feeds, outputs);
    },
    release: () => session.release(),
  };
}

/** Resolves when the event loop has come round: as a message, since timers wait for 4 ms once they are nested. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

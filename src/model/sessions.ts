import type { Backend, Session } from "../runtime/index.js";

/** Sessions of one ONNX model, made when they are first needed and kept: one for each backend that runs it. */
export class Sessions {
  readonly model: Uint8Array;
  #open = new Map<Backend, Promise<Session>>();
  readonly #running = new Set<Promise<unknown>>();

  constructor(model: Uint8Array) {
    this.model = model;
  }

  /**
   * Works with a session in the calling thread, which stays open meanwhile.
   * @throws HypersphereError `runtime` where the runtime does not accept the model
   */
  async use<T>(backend: Backend, work: (session: Session) => Promise<T>): Promise<T> {
    const run = this.#on(backend).then(work);
    this.#running.add(run);
    try {
      return await run;
    } finally {
      this.#running.delete(run);
    }
  }

  /** Releases the sessions when what runs in them is done. */
  async close(): Promise<void> {
    const sessions = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(this.#running);
    await Promise.all(sessions.map(async (session) => (await session).release()));
  }

  #on(backend: Backend): Promise<Session> {
    let session = this.#open.get(backend);
    if (session === undefined) {
      session = this.#create(backend);
      this.#open.set(backend, session);
    }
    return session;
  }

  async #create(backend: Backend): Promise<Session> {
    try {
      return await (await backend.inline()).createSession(this.model);
    } catch (error) {
      // What failed once, such as a runtime that could not be loaded, may be tried again.
      this.#open.delete(backend);
      throw error;
    }
  }
}

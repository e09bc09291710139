import { HypersphereError } from "../errors.js";
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
    const session = this.#on(backend);
    const run = session.then(work);
    this.#running.add(run);
    try {
      return await run;
    } catch (error) {
      // A session whose process was ended answers nothing more, whatever it is asked: the next call makes another.
      if (error instanceof HypersphereError && error.code === "runtime") this.#drop(backend, session);
      throw error;
    } finally {
      this.#running.delete(run);
    }
  }

  /** Takes a session out of use, and releases it when what runs is done. */
  #drop(backend: Backend, session: Promise<Session>): void {
    if (this.#open.get(backend) !== session) return;
    this.#open.delete(backend);
    void Promise.allSettled(this.#running)
      .then(() => session)
      .then((dropped) => dropped.release())
      .catch(() => {});
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

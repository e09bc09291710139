import { HypersphereError } from "../errors.js";
import type { Backend, Session } from "../runtime/index.js";

/** A model over the steps of windows, see `overSteps`, and how many windows it takes at a time. */
export interface StepSessions {
  readonly sessions: Sessions;
  readonly windows: number;
}

/** Numbers that a graph over steps makes of a piece at a time: as many as stay in a cache. */
const NUMBERS_PER_PIECE = 2 ** 17;
/** Windows of a piece at least, however long they are. */
const LEAST_WINDOWS = 64;

/** Sessions of one ONNX model, made when they are first needed and kept: one for each backend that runs it. */
export class Sessions {
  readonly model: Uint8Array;
  #overSteps: Promise<StepSessions | null> | undefined;
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

  /** The same model for windows that overlap; null where it takes none. */
  overSteps(): Promise<StepSessions | null> {
    this.#overSteps ??= this.#madeOverSteps();
    return this.#overSteps;
  }

  async #madeOverSteps(): Promise<StepSessions | null> {
    // Pages that never score a long series need not fetch it.
    const { overSteps } = await import("../graph/onnx/over-steps.js");
    const made = overSteps(this.model);
    if (made === undefined) return null;
    const most = Math.floor(NUMBERS_PER_PIECE / Math.max(made.perWindow, made.perStep));
    return { sessions: new Sessions(made.model), windows: Math.max(LEAST_WINDOWS, most) };
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
    await (await this.#overSteps)?.sessions.close();
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

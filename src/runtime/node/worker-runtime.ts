import { Worker } from "node:worker_threads";
import { HypersphereError } from "../../errors.js";
import type { Runtime, Session, SessionOptions } from "../port.js";
import type { Created, Reply, WorkerSettings } from "./protocol.js";
import { RemoteSession, Requests } from "./requests.js";
import { entryUrl, inheritedOptions } from "./threads.js";

/** An ONNX Runtime in a worker thread. `session.run` blocks the thread it runs on; here that is not the caller's. */
export class WorkerRuntime implements Runtime {
  readonly kind: Runtime["kind"];
  readonly version: string;
  readonly cores: number;
  readonly #worker: Worker;
  readonly #requests: Requests;
  #closed: Promise<unknown> | undefined;

  constructor(
    kind: Runtime["kind"],
    version: string,
    { cores = 1, entry = entryUrl("./worker.js", import.meta.url) } = {},
  ) {
    this.kind = kind;
    this.version = version;
    this.cores = cores;
    const workerData: WorkerSettings = { kind };
    const worker = new Worker(entry, { workerData, ...inheritedOptions() });
    this.#worker = worker;
    this.#requests = new Requests({
      post: (request, transfer) => worker.postMessage(request, transfer),
      // An idle worker does not keep the process alive; one with work in hand does.
      waiting: (awaited) => (awaited ? worker.ref() : worker.unref()),
    });
    worker.on("message", (reply: Reply) => this.#requests.settle(reply));
    worker.on("error", (error) => this.#end(`The worker thread failed: ${error.message}`, error));
    worker.on("exit", () => this.#end("The worker thread has ended."));
    worker.unref();
  }

  get ended(): boolean {
    return this.#requests.ended;
  }

  async createSession(model: Uint8Array, options?: SessionOptions): Promise<Session> {
    const created = (await this.#requests.request({ kind: "create", model, options })) as Created;
    return new RemoteSession(this.#requests, created);
  }

  /** Rejects pending requests, and ends the thread as soon as it is idle: ending it during a run ends the process. */
  async close(): Promise<void> {
    if (this.#closed === undefined) {
      const drained = this.ended ? Promise.resolve() : this.#requests.request({ kind: "drain" });
      this.#closed = drained.catch(() => {});
      this.#requests.end(new HypersphereError("runtime", "The runtime was closed."), drained);
    }
    await this.#closed;
    await this.#worker.terminate();
  }

  #end(message: string, cause?: unknown): void {
    this.#requests.end(new HypersphereError("runtime", message, { cause }));
  }
}

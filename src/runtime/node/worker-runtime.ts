import { Worker, type WorkerOptions } from "node:worker_threads";
import { HypersphereError } from "../../errors.js";
import type { Runtime, Session, SessionOptions, TensorValue, Values } from "../port.js";
import { packed } from "./messages.js";
import type { Created, Reply, RequestBody, WorkerSettings } from "./protocol.js";

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** An ONNX Runtime in a worker thread. `session.run` blocks the thread it runs on; here that is not the caller's. */
export class WorkerRuntime implements Runtime {
  readonly kind: Runtime["kind"];
  readonly version: string;
  readonly cores: number;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #ended: HypersphereError | undefined;
  #closed: Promise<unknown> | undefined;

  constructor(kind: Runtime["kind"], version: string, { cores = 1, entry = workerUrl() } = {}) {
    this.kind = kind;
    this.version = version;
    this.cores = cores;
    const workerData: WorkerSettings = { kind };
    this.#worker = new Worker(entry, { workerData, ...inheritedOptions() });
    this.#worker.on("message", (reply: Reply) => this.#settle(reply));
    this.#worker.on("error", (error) => this.#end(`The worker thread failed: ${error.message}`, error));
    this.#worker.on("exit", () => this.#end("The worker thread has ended."));
    // An idle worker does not keep the process alive; one with work in hand does, see `request`.
    this.#worker.unref();
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  async createSession(model: Uint8Array, options?: SessionOptions): Promise<Session> {
    const created = (await this.request({ kind: "create", model, options })) as Created;
    return new WorkerSession(this, created);
  }

  /** Rejects pending requests, and ends the thread as soon as it is idle: ending it during a run ends the process. */
  async close(): Promise<void> {
    this.#closed ??= this.#ended === undefined ? this.request({ kind: "drain" }) : Promise.resolve();
    const idle = this.#closed.catch(() => {});
    const drain = this.#nextId - 1;
    for (const [id, { reject }] of this.#pending) {
      if (id === drain) continue;
      reject(new HypersphereError("runtime", "The runtime was closed."));
      this.#pending.delete(id);
    }
    this.#ended ??= new HypersphereError("runtime", "The runtime was closed.");
    await idle;
    await this.#worker.terminate();
  }

  request(body: RequestBody, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) throw this.#ended;
      try {
        this.#worker.postMessage({ id, ...body }, transfer);
      } catch (cause) {
        const reason = (cause as Error).message;
        throw new HypersphereError("runtime", `The data cannot be passed to the worker thread: ${reason}`, {
          cause,
        });
      }
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
    });
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if ("error" in reply) {
      const { code, message, hint } = reply.error;
      pending?.reject(new HypersphereError(code, message, hint === undefined ? {} : { hint }));
    } else {
      pending?.resolve(reply.result);
    }
  }

  /** No request is answered any more, neither pending nor later ones. */
  #end(message: string, cause?: unknown): void {
    this.#ended ??= new HypersphereError("runtime", message, { cause });
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
  }
}

class WorkerSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #runtime: WorkerRuntime;
  readonly #id: number;

  constructor(runtime: WorkerRuntime, { session, inputNames, outputNames }: Created) {
    this.#runtime = runtime;
    this.#id = session;
    this.inputNames = inputNames;
    this.outputNames = outputNames;
  }

  async bind(values: Values, { transfer = false }: { transfer?: boolean } = {}): Promise<void> {
    const message = packed(values, transfer);
    await this.#runtime.request({ kind: "bind", session: this.#id, values: message.values }, message.buffers);
  }

  async run(feeds: Values): Promise<Record<string, TensorValue>> {
    const { values, buffers } = packed(feeds, false);
    const result = await this.#runtime.request({ kind: "run", session: this.#id, feeds: values }, buffers);
    return result as Record<string, TensorValue>;
  }

  async release(): Promise<void> {
    // With the thread, its sessions are gone as well.
    if (this.#runtime.ended) return;
    await this.#runtime.request({ kind: "release", session: this.#id });
  }
}

/** Threads inherit Node's options. `node --input-type=module --eval ...` has one that a file's thread refuses. */
function inheritedOptions(): WorkerOptions {
  return process.execArgv.some((option) => option.startsWith("--input-type")) ? { execArgv: [] } : {};
}

/** Worker threads start from compiled code; from sources under test, that is the last build. */
function workerUrl(): URL {
  const here = import.meta.url;
  return here.endsWith(".ts")
    ? new URL("../../../dist/runtime/node/worker.js", here)
    : new URL("./worker.js", here);
}

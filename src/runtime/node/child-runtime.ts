import { type ChildProcess, fork } from "node:child_process";
import { HypersphereError } from "../../errors.js";
import type { Backend } from "../backend.js";
import { isShared, type Runtime, type Session, type SessionOptions, type Values } from "../port.js";
import { MEMORY_EXCEEDED } from "./memory-exceeded.js";
import { revivedError } from "./passed-error.js";
import type { ChildSettings, Created, Ready, Reply, Request } from "./protocol.js";
import { RemoteSession, Requests } from "./requests.js";
import { entryUrl } from "./threads.js";

/** How much a process that scores may take. */
export interface ChildLimits {
  /** Seconds that making the model ready, or scoring one piece of at most some thousand rows, may take. No limit if absent. */
  readonly seconds?: number | undefined;
  /** Memory of the process in MiB; looked at a hundred times a second. No limit if absent. */
  readonly memoryMiB?: number | undefined;
}

export interface ChildOptions {
  readonly runtime?: "auto" | Runtime["kind"] | undefined;
  readonly limits?: ChildLimits | undefined;
  /** Ends the process at once, whatever it is at. */
  readonly signal?: AbortSignal | undefined;
  /** Receives one line on why the slower build is used. */
  readonly onFallback?: ((message: string) => void) | undefined;
}

/**
 * Scores in one child process, which can be ended at any time: a run of the native ONNX Runtime cannot, in whichever thread.
 * The process starts with the first session and ends with the last one, or with this process.
 */
export function childBackend(options: ChildOptions = {}): Backend & { start(): void } {
  const runtime = new ChildRuntime(options);
  const shared: Runtime = {
    get kind() {
      return runtime.kind;
    },
    get version() {
      return runtime.version;
    },
    cores: 1,
    createSession: (model, sessionOptions) => runtime.createSession(model, sessionOptions),
    close: async () => {},
  };
  return {
    cores: 1,
    inline: async () => {
      await runtime.ready();
      return shared;
    },
    open: async (count) => {
      await runtime.ready();
      return Array<Runtime>(count).fill(shared);
    },
    // What goes wrong is told to those who wait for a session.
    start: () => void runtime.ready().catch(() => {}),
  };
}

class ChildRuntime {
  kind: Runtime["kind"] = "native";
  version = "";
  readonly #options: ChildOptions;
  #started: Promise<Process> | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  async ready(): Promise<Process> {
    // One that has ended makes room for another: what ended it may have been one large piece.
    if (this.#started !== undefined && (await this.#started.catch(() => undefined))?.ended !== false) {
      this.#started = undefined;
    }
    this.#started ??= Process.start(this.#options);
    const process = await this.#started;
    this.kind = process.kind;
    this.version = process.version;
    return process;
  }

  async createSession(model: Uint8Array, options?: SessionOptions): Promise<Session> {
    return (await this.ready()).createSession(model, options);
  }
}

class Process {
  kind: Runtime["kind"] = "native";
  version = "";
  readonly #child: ChildProcess;
  readonly #requests: Requests;
  readonly #seconds: number | undefined;
  #sessions = 0;
  #complaint = "";
  #ending: HypersphereError | undefined;

  static async start({ runtime = "auto", limits = {}, signal, onFallback }: ChildOptions): Promise<Process> {
    const { seconds, memoryMiB } = limits;
    const settings: ChildSettings = { kind: runtime, memoryMiB };
    const child = fork(entryUrl("./child.js", import.meta.url), [JSON.stringify(settings)], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: memoryMiB === undefined ? [] : [`--max-old-space-size=${Math.ceil(memoryMiB)}`],
    });
    const process = new Process(child, seconds);
    const stop = (): void =>
      process.kill(new HypersphereError("aborted", "The run was stopped before it was done."));
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
    child.once("close", () => signal?.removeEventListener("abort", stop));
    const { ready } = await process.#hello(onFallback);
    process.kind = ready.kind;
    process.version = ready.version;
    return process;
  }

  private constructor(child: ChildProcess, seconds: number | undefined) {
    this.#child = child;
    this.#seconds = seconds;
    this.#requests = new Requests({
      post: (request) => child.send(portable(request)),
      waiting: (awaited) => this.#keepAlive(awaited),
    });
    child.stderr!.on("data", (text: Buffer) => {
      this.#complaint = (this.#complaint + text.toString()).slice(-2000);
    });
    child.on("error", (error) => this.#end(`The scoring process failed: ${error.message}`));
    child.on("close", (code, killedBy) => this.#end(this.#reason(code, killedBy)));
  }

  get ended(): boolean {
    return this.#requests.ended;
  }

  async createSession(model: Uint8Array, options?: SessionOptions): Promise<Session> {
    const created = (await this.#timed(
      this.#requests.request({ kind: "create", model, options }),
    )) as Created;
    this.#sessions++;
    const session = new RemoteSession(this.#requests, created, () => {
      this.#sessions--;
      if (this.#sessions === 0) this.kill(new HypersphereError("runtime", "The runtime was closed."));
    });
    return {
      inputNames: session.inputNames,
      outputNames: session.outputNames,
      bind: (values: Values) => this.#timed(session.bind(values)),
      run: (feeds: Values, outputs?: readonly string[]) => this.#timed(session.run(feeds, outputs)),
      release: () => session.release(),
    };
  }

  kill(reason: HypersphereError): void {
    this.#ending ??= reason;
    this.#child.kill("SIGKILL");
    this.#requests.end(reason);
  }

  async #hello(onFallback: ChildOptions["onFallback"]): Promise<Extract<Ready, { ready: unknown }>> {
    const ready = await this.#timed(
      new Promise<Ready>((resolve, reject) => {
        this.#child.once("message", (message) => {
          this.#child.on("message", (reply) => this.#requests.settle(reply as Reply));
          resolve(message as Ready);
        });
        this.#child.once("close", () => reject(this.#ending));
        this.#child.once("error", () => reject(this.#ending));
      }),
    );
    this.#keepAlive(false);
    if ("failed" in ready) {
      const failure = revivedError(ready.failed);
      this.kill(failure);
      throw failure;
    }
    if (ready.ready.fallback !== undefined) onFallback?.(ready.ready.fallback);
    return ready;
  }

  async #timed<T>(work: Promise<T>): Promise<T> {
    const seconds = this.#seconds;
    if (seconds === undefined) return work;
    const timer = setTimeout(() => {
      this.kill(
        new HypersphereError("runtime", `The model was stopped: a run took more than ${seconds} s.`, {
          hint: "Raise limits.seconds if the model is large, or do not use it.",
        }),
      );
    }, seconds * 1000);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  #reason(code: number | null, killedBy: NodeJS.Signals | null): string {
    if (this.#complaint.includes(MEMORY_EXCEEDED)) {
      return "The model was stopped: it took more memory than limits.memoryMiB allows.";
    }
    const [said] = this.#complaint.trim().split("\n");
    const ending = killedBy === null ? `exit code ${code}` : String(killedBy);
    return `The scoring process ended with ${ending}${said ? `: ${said}` : ""}.`;
  }

  #end(message: string): void {
    this.#ending ??= new HypersphereError("runtime", message, {
      hint: "Other models and this program are not affected.",
    });
    this.#requests.end(this.#ending);
  }

  /** An idle process does not keep this one alive. */
  #keepAlive(awaited: boolean): void {
    const { channel } = this.#child;
    if (awaited) {
      this.#child.ref();
      channel?.ref();
    } else {
      this.#child.unref();
      channel?.unref();
      (this.#child.stderr as unknown as { unref?(): void }).unref?.();
    }
  }
}

/** Memory that threads share does not reach another process: it goes as a copy. */
function portable(request: Request): Request {
  if (request.kind === "run") return { ...request, feeds: copied(request.feeds) };
  return request.kind === "bind" ? { ...request, values: copied(request.values) } : request;
}

const copied = (values: Values): Values =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      ArrayBuffer.isView(value.data) && isShared(value.data.buffer)
        ? { ...value, data: value.data.slice() }
        : value,
    ]),
  );

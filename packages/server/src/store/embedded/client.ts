import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { databaseTrouble } from "../database-trouble.js";

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** What a COPY reads from /dev/blob. */
  readonly copied?: Uint8Array<ArrayBuffer> | undefined;
}

export interface Answered {
  readonly rows: readonly unknown[];
  readonly affectedRows?: number;
}

export type ThreadAnswer = Answered | { readonly error: Readonly<Record<string, unknown>> };

interface Waiting {
  resolve(answer: Answered): void;
  reject(error: Error): void;
}

/** A thread that does not end by then never will; what it has committed is there at the next start, as after a kill. */
const MOST_CLOSE_MS = 30_000;

/** Asks the thread with the embedded database, which answers in the order of the questions. */
export class EmbeddedClient {
  readonly #thread: Worker;
  readonly #waiting: Waiting[] = [];
  #ended: Error | undefined;

  private constructor(thread: Worker) {
    this.#thread = thread;
    thread.on("message", (answer: ThreadAnswer) => this.#hear(answer));
    thread.on("error", (error) => this.#end(error));
    thread.on("exit", () => this.#end(new Error("The embedded database has ended.")));
  }

  /** @param folder of the database, which is made where it is not there */
  static async open(folder: string): Promise<EmbeddedClient> {
    const client = new EmbeddedClient(new Worker(entry(), { workerData: folder }));
    await new Promise<unknown>((resolve, reject) => client.#waiting.push({ resolve, reject }));
    return client;
  }

  query(statement: Statement): Promise<Answered> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      this.#waiting.push({ resolve, reject });
      this.#thread.postMessage(statement, statement.copied === undefined ? [] : [statement.copied.buffer]);
    });
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#thread.postMessage("close");
    const late = setTimeout(() => void this.#thread.terminate(), MOST_CLOSE_MS);
    await once(this.#thread, "exit");
    clearTimeout(late);
  }

  #hear(answer: ThreadAnswer): void {
    const waiting = this.#waiting.shift();
    if ("error" in answer) waiting?.reject(errorOf(answer.error));
    else waiting?.resolve(answer);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}

function errorOf(told: Readonly<Record<string, unknown>>): Error {
  const error = Object.assign(new Error(), told);
  return databaseTrouble(error) ?? error;
}

/** The compiled file; where sources are under test, that of the last build. */
const entry = (): URL =>
  new URL(
    "./thread.js",
    import.meta.url.replace(/\/src\/store\/embedded\/client\.ts$/, "/dist/store/embedded/client.js"),
  );

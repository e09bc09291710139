import { once } from "node:events";
import { throwIfAborted } from "../../errors.js";
import { type Cell, formatCsvRow } from "../../formats/table/csv-row.js";
import { type AtomicFile, openAtomicFile } from "../../io/write-file.js";
import { printable, printableJson } from "../../text/printable.js";

export interface RowWriterOptions {
  /** A path, or undefined for standard output. */
  readonly out: string | undefined;
  /** One JSON object per row instead of CSV. */
  readonly json: boolean;
  readonly force?: boolean | undefined;
  /** Writes texts that spreadsheets would run as they are. */
  readonly keepFormulas?: boolean | undefined;
  readonly signal: AbortSignal;
}

const QUEUED_CHARACTERS = 1 << 16;

/**
 * Names of columns, each once. Those of the data stand first: where one is also a name of ours, such as the entity column
 * "score", it becomes "data_score".
 */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names
    .toReversed()
    .map((given) => {
      let name = given;
      while (taken.has(name)) name = `data_${name}`;
      taken.add(name);
      return name;
    })
    .reverse();
}

/** Writes rows in constant memory; a file gets its name when all of them are in it. */
export class RowWriter {
  readonly #names: readonly string[];
  readonly #options: RowWriterOptions;
  readonly #file: AtomicFile | undefined;
  #queue = "";

  private constructor(names: readonly string[], options: RowWriterOptions, file: AtomicFile | undefined) {
    this.#names = distinctNames(names);
    this.#options = options;
    this.#file = file;
    if (!options.json) this.#queue = this.#csvRow(this.#names);
  }

  /** @throws HypersphereError `file-exists`, `io` */
  static async open(names: readonly string[], options: RowWriterOptions): Promise<RowWriter> {
    const { out, force } = options;
    return new RowWriter(
      names,
      options,
      out === undefined ? undefined : await openAtomicFile(out, { force }),
    );
  }

  /** Nobody reads what is written, as after `head`: there is no use in going on. */
  get readerGone(): boolean {
    return this.#file === undefined && !process.stdout.writable;
  }

  async write(cells: readonly Cell[]): Promise<void> {
    this.#queue += this.#options.json ? this.#jsonRow(cells) : this.#csvRow(cells);
    if (this.#queue.length < QUEUED_CHARACTERS) return;
    throwIfAborted(this.#options.signal);
    await this.#flush();
  }

  async close(): Promise<void> {
    throwIfAborted(this.#options.signal);
    await this.#flush();
    await this.#file?.commit();
  }

  /** Leaves no file behind. Does nothing after `close`. */
  async discard(): Promise<void> {
    await this.#file?.discard();
  }

  #csvRow(cells: readonly Cell[]): string {
    return formatCsvRow(cells, { formulas: this.#options.keepFormulas ? "keep" : "quote" });
  }

  #jsonRow(cells: readonly Cell[]): string {
    const entries = cells.map((cell, k) => [this.#names[k], cell ?? null]);
    return `${printableJson(JSON.stringify(Object.fromEntries(entries)))}\n`;
  }

  async #flush(): Promise<void> {
    const text = this.#queue;
    this.#queue = "";
    if (this.#file !== undefined) return this.#file.write(text);
    const { stdout } = process;
    // A program gets the texts as they are; a terminal would obey those that it takes for commands.
    if (!stdout.writable || stdout.write(stdout.isTTY ? printable(text) : text)) return;
    // Failures of standard output are told at the end of the process, see main.ts.
    const waiting = new AbortController();
    const { signal } = waiting;
    const over = [once(stdout, "drain", { signal }), once(stdout, "close", { signal })];
    await Promise.race(over).catch(() => {});
    waiting.abort();
    await Promise.allSettled(over);
  }
}

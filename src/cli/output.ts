import { printable, printableJson, printableLine } from "../text/printable.js";
import { inFlags } from "./flags/flag-names.js";
import { ProgressDisplay } from "./progress.js";

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
}

/**
 * Where a command speaks: results on standard output, everything else on standard error. Everything that a person reads goes
 * through here, and leaves without control characters: files, cards and names of columns may hold any.
 */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  #progress: ProgressDisplay | undefined;

  constructor({ json, quiet }: OutputOptions) {
    this.json = json;
    this.quiet = quiet;
  }

  /** A result, or a part of one. */
  result(text: string): void {
    this.endProgress();
    process.stdout.write(`${printable(text)}\n`);
  }

  /** The result as one JSON object. */
  resultJson(value: unknown): void {
    this.result(printableJson(JSON.stringify(value)));
  }

  /** What is good to know, and left out by --quiet. */
  note(text: string): void {
    if (!this.quiet) this.#error(printable(text));
  }

  warn(sentence: string): void {
    this.#error(`warning: ${printableLine(inFlags(sentence))}`);
  }

  /** Shows how far something is; there is one at a time. */
  progress(label: string, fraction: number, details = ""): void {
    if (this.quiet) return;
    this.#progress ??= new ProgressDisplay(process.stderr);
    this.#progress.update(printableLine(label), fraction, printableLine(details));
  }

  endProgress(): void {
    this.#progress?.end();
    this.#progress = undefined;
  }

  #error(line: string): void {
    this.#progress?.clear();
    process.stderr.write(`${line}\n`);
    this.#progress?.redraw();
  }
}

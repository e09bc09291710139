import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { checkWritable, writeFileAtomic } from "../../io/write-file.js";
import type { Model } from "../../model/index.js";
import { signedFile } from "../../model/signature.js";
import type { CliContext } from "../command.js";

/** Flags of commands that change a model without training. */
export interface ChangeFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export function addChangeFlags(command: Command): void {
  command
    .optionsGroup("Output:")
    .option("-o, --out <file>", "write the changed model there, and leave <model> as it is")
    .option("--force", "replace the --out file if it exists")
    .option("--dry-run", "show the result and write nothing")
    .option("--json", "print one JSON object");
}

/** Where a changed model goes. The model itself is what such a command is asked to change: it needs no --force. */
export class ChangedModelFile {
  /** Undefined for a dry run. */
  readonly path: string | undefined;
  readonly #model: string;
  readonly #force: boolean;

  private constructor(model: string, path: string | undefined, force: boolean) {
    this.path = path;
    this.#model = model;
    this.#force = force;
  }

  /** @throws HypersphereError before any work, where the file could not be written after it */
  static async open(
    model: string,
    { out, force = false, dryRun = false }: ChangeFlags,
  ): Promise<ChangedModelFile> {
    const file = new ChangedModelFile(model, dryRun ? undefined : (out ?? model), force || out === undefined);
    if (file.path !== undefined) await checkWritable(file.path, { force: file.#force });
    return file;
  }

  /** Writes the model, whole or not at all. A signature covers the model as it was, and does not go with it. */
  async write(model: Model, { signal, output }: CliContext): Promise<void> {
    if (this.path !== undefined && signedFile(await readFile(this.#model)).signature !== undefined) {
      output.warn(`${this.#model} is signed, the changed model is not: sign it again.`);
    }
    await this.writeBytes(model.toBytes(), signal);
  }

  async writeBytes(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    if (this.path !== undefined) await writeFileAtomic(this.path, bytes, { force: this.#force, signal });
  }

  /** What there is to tell people in the end. */
  get summary(): string {
    return this.path === undefined ? "Nothing was written." : `Wrote ${this.path}.`;
  }
}

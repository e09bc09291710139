import type { Command } from "commander";
import type { ExitCode } from "./exit-codes.js";
import type { Output } from "./output.js";

/** What every command is given. */
export interface CliContext {
  readonly output: Output;
  /** Fires on the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** One command: each has a module of its own, which is loaded when the command is asked for. */
export interface CliCommand {
  /** Adds arguments and flags. */
  configure(command: Command, argv: readonly string[]): void | Promise<void>;
  /** Returns an exit code where it is another one than 0. Failures are thrown. */
  run(command: Command, context: CliContext): Promise<ExitCode | undefined>;
  /** A hint for a flag that the command does not have now, but would have with others; undefined where it never does. */
  hintFor?(flag: string): string | undefined;
}

/** Flags that every command has. They are looked up before parsing too, so that failures of parsing obey them. */
export function addCommonFlags(command: Command): void {
  command
    .optionsGroup("General options:")
    .option("-q, --quiet", "no progress and no summary; warnings and errors remain")
    .option("--debug", "show where in the code an error came from")
    .helpOption("-h, --help", "show this help");
}

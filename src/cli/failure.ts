import type { CommanderError } from "commander";
import { HypersphereError } from "../errors.js";
import { printable, printableJson, printableLine } from "../text/printable.js";
import type { CliCommand } from "./command.js";
import { exitCode } from "./exit-codes.js";
import { inFlags } from "./flags/flag-names.js";

/** commander's own complaints begin with "error: " and carry suggestions in brackets on a line of their own. */
export function usageError(
  { message }: CommanderError,
  command: string | undefined,
  hintFor?: CliCommand["hintFor"],
): HypersphereError {
  const [what = "", ...rest] = message.replace(/^error: /, "").split("\n");
  const suggestion = rest.join(" ").replace(/^\(|\)$/g, "");
  const sentence = /[.?!]$/.test(what) ? what : `${what}.`;
  return new HypersphereError("invalid-option", sentence.charAt(0).toUpperCase() + sentence.slice(1), {
    hint:
      hintFor?.(/^unknown option '([^'=]*)/.exec(what)?.[1] ?? "") ||
      suggestion ||
      `See \`hypersphere ${command === undefined ? "" : `${command} `}--help\`.`,
  });
}

/** Everything that is not ours is a defect, and is reported as one. */
export function asFailure(error: unknown): HypersphereError {
  if (error instanceof HypersphereError) return error;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new HypersphereError("internal", `Something went wrong inside hypersphere: ${message}`, {
    cause: error,
    hint: "Run again with --debug and report what it prints.",
  });
}

/**
 * What stands on standard error for a failure: `error:` and `hint:` lines, or one line of JSON
 * {"error": {"code", "message", "hint"}, "exitCode"}.
 */
export function failureText(
  failure: HypersphereError,
  { json, debug }: { json: boolean; debug: boolean },
): string {
  const { code } = failure;
  const message = inFlags(failure.message);
  const hint = failure.hint && inFlags(failure.hint);
  if (json) {
    const stack = debug ? { stack: stackOf(failure) } : {};
    return printableJson(
      JSON.stringify({
        error: { code, message, hint: hint ?? null, ...stack },
        exitCode: exitCode(code),
      }),
    );
  }
  const lines = [`error: ${printableLine(message)}`];
  if (hint !== undefined) lines.push(`hint: ${printableLine(hint)}`);
  if (debug) lines.push(printable(stackOf(failure)));
  return lines.join("\n");
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by: ${stackOf(error.cause)}`;
}

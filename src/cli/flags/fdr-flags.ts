import type { Command } from "commander";
import { HypersphereError } from "../../errors.js";
import { FDR_METHODS, type FdrMethod, type FdrPromise } from "../../scoring/index.js";
import type { DecisionFlags } from "./data-flags.js";
import { share } from "./parse.js";

export interface FdrFlags {
  readonly fdr?: number;
  readonly fdrMethod?: FdrMethod;
}

/** @param online where rows are decided one after the other: the procedures for that, the usual one first */
export function addFdrFlags(command: Command, online?: readonly FdrMethod[]): void {
  command
    .option(
      "--fdr <rate>",
      "flag rows of which on average at most this share is normal, such as 0.1 or 10%",
      share("--fdr"),
    )
    .option(
      "--fdr-method <name>",
      online === undefined
        ? "bh, storey; row after row: lord, saffron (default: bh; needs --fdr)"
        : `${online.join(", ")} (default: ${online[0]}; needs --fdr)`,
      method,
    );
}

/** What was asked for, or undefined. @throws HypersphereError `invalid-option` on flags that contradict each other */
export function fdrPromise(
  flags: FdrFlags & DecisionFlags,
  [usual]: readonly [FdrMethod, ...FdrMethod[]] = ["bh"],
): FdrPromise | undefined {
  const { fdr: alpha, fdrMethod, rule, percentile, threshold, operatingPoint } = flags;
  if (alpha === undefined) {
    if (fdrMethod === undefined) return undefined;
    throw new HypersphereError("invalid-option", "--fdr-method says how, but not at which rate.", {
      hint: "Add --fdr, for instance --fdr 0.1.",
    });
  }
  if (
    rule !== undefined ||
    percentile !== undefined ||
    threshold !== undefined ||
    operatingPoint !== undefined
  ) {
    throw new HypersphereError(
      "invalid-option",
      "--fdr excludes --rule, --percentile, --threshold and --operating-point.",
      {
        hint: "--fdr decides by the p-values of all rows together, the others by a score. Give one of them.",
      },
    );
  }
  return { alpha, method: fdrMethod ?? usual };
}

function method(text: string): FdrMethod {
  const found = FDR_METHODS.find((name) => name === text);
  if (found !== undefined) return found;
  throw new HypersphereError(
    "invalid-option",
    `--fdr-method is "${text}", expected ${FDR_METHODS.join(", ")}.`,
  );
}

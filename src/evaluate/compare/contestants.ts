import { parseOptions } from "../../detectors/parse-options.js";
import { type Detector, type DetectorEntry, detectors, findDetector } from "../../detectors/registry.js";
import { HypersphereError } from "../../errors.js";
import { didYouMean } from "../../text/closest-name.js";

/** What is compared: a detector with options, under a name of its own. */
export interface Contestant {
  /** What results call it. */
  readonly name: string;
  /** Its name in the registry. */
  readonly detector: string;
  /** Options that differ from the defaults; the seed comes from the comparison. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The name of a detector, or one with options; the same detector may come twice, under two names. */
export type ContestantInput =
  | string
  | {
      /** Default: that of the detector. */
      readonly name?: string | undefined;
      readonly detector: string;
      readonly options?: Readonly<Record<string, unknown>> | undefined;
    };

/**
 * Checks what is to be compared before anything runs.
 * @throws HypersphereError `invalid-option` for detectors and options that do not exist, and for a name that comes twice
 */
export function contestantsOf(given: readonly ContestantInput[]): Contestant[] {
  const found = given.map((input): Contestant => {
    const { name, detector, options = {} } = typeof input === "string" ? { detector: input } : input;
    const entry = findDetector(detector);
    if (entry === undefined) throw noDetector(detector);
    const contestant = { name: name ?? entry.name, detector: entry.name, options };
    checkOptions(contestant, entry);
    return contestant;
  });
  const twice = found.find(({ name }, k) => found.findIndex((other) => other.name === name) !== k);
  if (twice === undefined) return found;
  throw new HypersphereError("invalid-option", `"${twice.name}" is the name of two detectors to compare.`, {
    hint: "Give each a name of its own.",
  });
}

export function createContestant({ detector, options }: Contestant, seed: number): Detector {
  return detectors[detector]!.create({ ...options, seed });
}

function noDetector(name: string): HypersphereError {
  const known = Object.keys(detectors);
  return new HypersphereError("invalid-option", `There is no detector "${name}".`, {
    hint: `${didYouMean(name, known)}There are ${known.join(", ")}.`,
  });
}

function checkOptions({ name, options }: Contestant, entry: DetectorEntry): void {
  if (Object.hasOwn(options, "seed")) {
    throw new HypersphereError("invalid-option", `${name}: a seed is given among its options.`, {
      hint: "The seeds of a comparison are the same for all detectors: give them beside these.",
    });
  }
  try {
    parseOptions(entry.options, options);
  } catch (error) {
    if (!(error instanceof HypersphereError)) throw error;
    throw new HypersphereError(error.code, `${name}: ${error.message}`, {
      cause: error,
      ...(error.hint !== undefined && { hint: error.hint }),
    });
  }
}

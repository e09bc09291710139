import { detectors, findDetector } from "../../detectors/registry.js";
import { HypersphereError } from "../../errors.js";
import { type Contestant, contestantsOf } from "../../evaluate/compare/index.js";
import { didYouMean } from "../../text/closest-name.js";
import { shown } from "../../text/shown.js";
import { readConfig } from "../files/config-file.js";

const EXAMPLE = '{"deep-svdd": {"epochs": 20}, "knn-10": {"detector": "knn", "k": 10}}';

/**
 * What is compared: the detectors named, with options from a file that has some for each. An entry with a detector in it
 * is that detector under a name of its own.
 * @param names of detectors and of entries; "all" for every detector, undefined for `standard`, both with all entries
 * @throws HypersphereError `invalid-option`
 */
export async function configuredContestants(
  names: readonly string[] | "all" | undefined,
  standard: readonly string[],
  config: string | undefined,
): Promise<Contestant[]> {
  const entries = config === undefined ? new Map<string, Contestant>() : await readEntries(config);
  const known = [...new Set([...Object.keys(detectors), ...entries.keys()])];
  const wanted =
    names === undefined || names === "all"
      ? [...new Set([...(names === "all" ? Object.keys(detectors) : standard), ...entries.keys()])]
      : [...new Set(names.map((name) => (entries.has(name) ? name : (findDetector(name)?.name ?? name))))];
  if (wanted.length === 0) throw new HypersphereError("invalid-option", "--detectors names no detector.");
  return contestantsOf(
    wanted.map((name) => {
      if (known.includes(name)) return entries.get(name) ?? name;
      throw new HypersphereError("invalid-option", `There is no detector "${name}".`, {
        hint: `${didYouMean(name, known)}There are ${known.join(", ")}.`,
      });
    }),
  );
}

async function readEntries(path: string): Promise<Map<string, Contestant>> {
  const contents = await readConfig(path);
  if (!isObject(contents)) {
    throw new HypersphereError("invalid-option", `${path} holds no options of detectors.`, {
      hint: `Expected options by detector, such as ${EXAMPLE}.`,
    });
  }
  const entries = Object.entries(contents).map(([name, entry]) => entryOf(path, name, entry));
  try {
    return new Map(contestantsOf(entries).map((entry) => [entry.name, entry]));
  } catch (error) {
    if (!(error instanceof HypersphereError)) throw error;
    throw new HypersphereError(error.code, `${path}: ${error.message}`, {
      cause: error,
      ...(error.hint !== undefined && { hint: error.hint }),
    });
  }
}

function entryOf(path: string, given: string, entry: unknown): Contestant {
  if (!isObject(entry)) {
    throw new HypersphereError(
      "invalid-option",
      `${path}: ${given} is ${shown(entry)}, expected an object of options.`,
      { hint: `Options stand under the name of their detector, such as ${EXAMPLE}.` },
    );
  }
  const { detector: stated = given, ...options } = entry;
  const detector = typeof stated === "string" ? findDetector(stated)?.name : undefined;
  if (detector === undefined) {
    throw new HypersphereError("invalid-option", `${path}: there is no detector ${shown(stated)}.`, {
      hint: `${didYouMean(String(stated), Object.keys(detectors))}An entry with a name of its own says which detector it is, such as ${EXAMPLE}.`,
    });
  }
  const name = findDetector(given)?.name ?? given;
  if (Object.hasOwn(detectors, name) && detector !== name) {
    throw new HypersphereError(
      "invalid-option",
      `${path}: ${given} is the name of a detector, and cannot stand for ${detector}.`,
      { hint: "Give the entry another name." },
    );
  }
  return { name, detector, options };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

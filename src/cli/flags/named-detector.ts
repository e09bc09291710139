import { readFileSync, statSync } from "node:fs";
import { didYouMean } from "../../data/index.js";
import { findPreset } from "../../detectors/presets.js";
import { type DetectorEntry, detectors, findDetector } from "../../detectors/registry.js";
import { HypersphereError } from "../../errors.js";
import type { Json } from "../../model/contract.js";
import { parseJson } from "../../text/parse-json.js";
import { shown } from "../../text/shown.js";
import { flagOf } from "./flag-names.js";

/** The flags that say which detector it is. */
export interface NamingFlags {
  readonly detector?: string;
  readonly preset?: string;
  readonly encoder?: string;
  readonly tile?: string | number;
  /** A file of options, which may name the detector that they are of. */
  readonly config?: string;
}

export const DEFAULT_DETECTOR = "auto";
/** What trains the encoder that is named, where no detector is. */
export const ENCODER_DETECTOR = "deep-svdd";
/** What sees images in tiles, where no detector is named. */
export const TILE_DETECTOR = "patch-gaussian";

/** What these flags are in a command line that is not parsed yet: the last of each counts. */
export function namesIn(argv: readonly string[]): NamingFlags {
  const lastOf = (flag: string): string | undefined => {
    let value: string | undefined;
    argv.forEach((argument, k) => {
      if (argument === flag) value = argv[k + 1] ?? "";
      else if (argument.startsWith(`${flag}=`)) value = argument.slice(flag.length + 1);
    });
    return value;
  };
  const flags = {
    detector: "--detector",
    preset: "--preset",
    encoder: "--encoder",
    tile: "--tile",
    config: "--config",
  };
  return Object.fromEntries(
    Object.entries(flags)
      .map(([name, flag]) => [name, lastOf(flag)])
      .filter(([, value]) => value !== undefined),
  );
}

/**
 * The detector that the flags name, or their file of options, or that a preset or other flags imply.
 * @throws HypersphereError `invalid-option` for names of none, and for a flag and a file that name different ones
 */
export function requireDetector({ detector, preset, encoder, tile, config }: NamingFlags): DetectorEntry {
  const implied = encoder !== undefined ? ENCODER_DETECTOR : tile !== undefined ? TILE_DETECTOR : undefined;
  const configured = config === undefined ? undefined : detectorIn(config);
  const asked = known("--detector", detector);
  const inFile = known(`${config}: detector`, configured);
  if (asked !== undefined && inFile !== undefined && asked !== inFile) {
    throw new HypersphereError(
      "invalid-option",
      `--detector is ${asked.name}, but ${config} holds options of ${inFile.name}.`,
      { hint: "Leave --detector out, or give the options of the other detector." },
    );
  }
  const named = asked ?? inFile;
  const published = preset === undefined ? undefined : findPreset(preset, named?.name).detector;
  return named ?? detectors[published ?? implied ?? DEFAULT_DETECTOR]!;
}

/** Whose option a flag is, for those who have not named a detector, or another one; undefined for a flag of none. */
export function whoseOption(flag: string): string | undefined {
  const names = Object.values(detectors)
    .filter(({ options }) => Object.keys(options.shape).some((option) => flagOf(option) === flag))
    .map(({ name }) => name);
  if (names.length === 0) return undefined;
  const one = names.length === 1 ? "it" : "one";
  return `${flag} is an option of ${names.join(", ")}: name ${one} with --detector.`;
}

function known(what: string, name: unknown): DetectorEntry | undefined {
  if (name === undefined) return undefined;
  const found = typeof name === "string" ? findDetector(name) : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(detectors);
  const hint = didYouMean(String(name), names).trim();
  const value = typeof name === "string" ? `"${name}"` : shown(name);
  throw new HypersphereError(
    "invalid-option",
    `${what} is ${value}, expected one of ${names.join(", ")}.`,
    hint === "" ? {} : { hint },
  );
}

/** Undefined also for what is no file, such as a pipe, which can be read only once: whoever reads its options says why. */
function detectorIn(path: string): unknown {
  try {
    if (!statSync(path).isFile()) return undefined;
    const contents = parseJson(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
    return (contents as { readonly detector?: unknown } | null)?.detector;
  } catch {
    return undefined;
  }
}

/** A file's options without what is none: the detector that they are of, and what somebody has to say about them. */
export function optionsOnly(contents: unknown): unknown {
  if (typeof contents !== "object" || contents === null || Array.isArray(contents)) return contents;
  const { detector: _, comment: __, ...options } = contents as Record<string, Json>;
  return options;
}

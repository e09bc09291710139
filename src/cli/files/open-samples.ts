import type { Samples } from "../../data/index.js";
import type { OpenOptions } from "../../formats/open-options.js";
import { OPEN_OPTIONS } from "../../formats/refuse-options.js";
import { type OpenFileOptions, open } from "../../io/open.js";
import type { CliContext } from "../command.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { inFlags } from "../flags/flag-names.js";
import { numberOrText } from "../flags/parse.js";
import type { SampleFlags } from "../flags/sample-flags.js";

/** Opens data with the flags' settings, showing how far it is and passing on what was odd. */
export async function openSamples(
  path: string,
  flags: SampleFlags,
  { output, signal }: CliContext,
  more: Pick<OpenFileOptions, "model" | "part" | "labelled" | "columnTypes"> = {},
): Promise<Samples> {
  const label = `reading ${path === "-" ? "standard input" : path}`;
  try {
    const samples = await open(path, {
      ...optionsOf(flags),
      ...more,
      columnTypes: merged(more.columnTypes, flags.columnType),
      signal,
      onProgress: ({ fraction }) => {
        if (fraction !== undefined && fraction < 1) output.progress(label, fraction);
      },
    });
    for (const warning of samples.warnings) output.warn(inFlags(warning));
    return samples;
  } finally {
    output.endProgress();
  }
}

/** What the flags say of reading, by the names that the library has for it; what was not given is absent. */
function optionsOf(flags: SampleFlags): OpenOptions {
  const { skipCorrupt, maxGap, header, season, ...given } = flags;
  // Other flags of a command stand beside those of reading.
  const same = Object.entries(given).filter(([name]) => (OPEN_OPTIONS as readonly string[]).includes(name));
  return {
    ...Object.fromEntries(same),
    ...(header === false && { header }),
    ...(season !== undefined && season !== "none" && { season }),
    ...(skipCorrupt && { onCorrupt: "skip" as const }),
    maxGap: maxGap === undefined ? undefined : numberOrText(maxGap),
  };
}

function merged<T>(
  first: Readonly<Record<string, T>> | undefined,
  second: Readonly<Record<string, T>> | undefined,
): Readonly<Record<string, T>> | undefined {
  return first === undefined || second === undefined ? (first ?? second) : { ...first, ...second };
}

/** For answers in JSON: the images that have no score, where there are any. */
export const leftOutOf = ({ leftOut }: Samples): { leftOut?: NonNullable<Samples["leftOut"]>[number][] } =>
  leftOut === undefined ? {} : { leftOut: [...leftOut] };

/** Whoever asks for the exit code alone is not to take images without a score for good ones. */
export const partly = ({ leftOut }: Samples): ExitCode | undefined =>
  leftOut === undefined ? undefined : EXIT.partial;

import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import type { Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { type FoundRegions, MapFiles } from "../../io/maps/map-files.js";
import { checkFolder } from "../../io/staged-folder.js";
import type { Model, ScoreOptions, Scores } from "../../model/index.js";
import type { CliContext } from "../command.js";
import { scoreSamples } from "./score-samples.js";

/**
 * Refuses before any work a folder for maps that cannot be written, or that lies among the images: they would be read as
 * images the next time.
 * @throws HypersphereError `invalid-option`, `file-exists`, `io`
 */
export async function checkMapFolder(path: string, data: string, force: boolean | undefined): Promise<void> {
  if (path.trim() === "" || path === "-") {
    throw new HypersphereError("invalid-option", `--maps is "${path}", expected the name of a folder.`, {
      hint: "Name one.",
    });
  }
  const [target, images] = await Promise.all([realPlace(path), realPlace(data)]);
  if (data !== "-" && `${target}${sep}`.startsWith(`${images}${sep}`)) {
    throw new HypersphereError(
      "invalid-option",
      `--maps is ${path}, which lies among the data (${data}): the pictures would be read as images the next time.`,
      { hint: "Name a folder beside the data." },
    );
  }
  await checkFolder(path, { force });
}

/** Where a path leads, through links as far as there is something. */
async function realPlace(path: string): Promise<string> {
  const whole = resolve(path);
  return realpath(whole).catch(async () =>
    dirname(whole) === whole ? whole : join(await realPlace(dirname(whole)), basename(whole)),
  );
}

/** Scores images, and writes their maps into a folder as they are scored. @returns also what was found in each image */
export async function scoreWithMaps(
  folder: string,
  force: boolean | undefined,
  model: Model,
  samples: Samples,
  context: CliContext,
  options: ScoreOptions,
): Promise<{ scores: Scores; found: readonly FoundRegions[] }> {
  const files = await MapFiles.open(folder, model, samples, {
    force,
    signal: context.signal,
  });
  try {
    const scores = await scoreSamples(model, samples, context, {
      ...options,
      onMap: (map, row, outcome) => files.add(map, row, outcome),
    });
    await files.commit();
    return { scores, found: files.found };
  } finally {
    await files.discard();
  }
}

import type { ImageSet, Labels } from "../../data/index.js";
import { oneClass } from "../../data/one-class.js";
import { HypersphereError } from "../../errors.js";
import { readImages } from "../../io/index.js";
import type { CliContext } from "../command.js";
import type { ImageFlags } from "../flags/sample-flags.js";

export interface ImageSamples {
  readonly features: ImageSet;
  readonly labels: Labels | undefined;
  /** What the labels were made from, for messages. */
  readonly labelColumn: string | undefined;
}

/** @param part of a folder that has both, for one is learned from and the other scored */
export async function readImageSamples(
  path: string,
  { labels: labelFile, normalClass, skipCorrupt }: ImageFlags,
  part: "train" | "test",
  channels: 1 | 3 | undefined,
  { output, signal }: CliContext,
): Promise<ImageSamples> {
  const { images, labels, kinds, classes, warnings } = await readImages(path, {
    ...(labelFile !== undefined && { labels: labelFile }),
    ...(channels !== undefined && { channels }),
    ...(skipCorrupt && { onCorrupt: "skip" as const }),
    part,
    signal,
    onProgress: ({ done, total }) => output.progress(`reading ${path}`, done / total),
  });
  output.endProgress();
  for (const warning of warnings) output.warn(warning);
  if (normalClass === undefined) {
    return { features: images, labels, labelColumn: kinds === undefined ? undefined : "folder" };
  }
  if (classes === undefined) {
    throw new HypersphereError(
      "invalid-option",
      `--normal-class is ${normalClass}, but ${path} says of no image which class it is.`,
      { hint: "Classes come with --labels for IDX files, and in CIFAR-10 and NPZ files." },
    );
  }
  return { features: images, labels: oneClass(classes, normalClass).labels, labelColumn: "class" };
}

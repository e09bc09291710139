import { z } from "zod";
import { backboneOptions } from "../backbone/options.js";
import { augmentOptions } from "../fit/augmentation.js";
import { calibrationOptions } from "../fit/common-options.js";
import { searched } from "../fit/searched.js";
import { mapInputOptions, mapOptions } from "../maps/options.js";

export type { PatchMemoryInput, PatchMemoryOptions } from "./option-types.js";

export const PATCH_MEMORIES = ["global", "position"] as const;

export const patchMemoryOptions = z.strictObject({
  ...mapInputOptions,
  ...augmentOptions,
  ...backboneOptions,
  patchMemory: searched(
    z
      .enum(PATCH_MEMORIES)
      .default("global")
      .describe(
        "What a patch is compared with: normal patches from anywhere (global), or from its own position (position), for parts that are always at the same place",
      ),
    { kind: "choice", values: PATCH_MEMORIES },
  ),
  memorySize: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe("Normal patches that are remembered at most; by default 2000, or 8 of each position"),
  maxPatches: z
    .int()
    .min(100)
    .max(1_000_000)
    .default(20_000)
    .describe(
      "Normal patches, drawn from all training images, that those to remember are chosen from (global)",
    ),
  patchSize: z
    .int()
    .min(2)
    .max(24)
    .default(8)
    .describe("Side of the patches, in pixels, where there is no backbone"),
  patchStride: z
    .int()
    .min(1)
    .max(16)
    .default(4)
    .describe("Pixels from one patch to the next, where there is no backbone"),
  ...mapOptions,
  ...calibrationOptions,
});

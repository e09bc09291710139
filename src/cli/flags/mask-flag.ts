import type { Command } from "commander";
import { convertChannels } from "../../data/images/image-arrays.js";
import type { RawImage } from "../../data/index.js";
import { detectors } from "../../detectors/registry.js";
import { HypersphereError } from "../../errors.js";
import { decodeMask } from "../../formats/images/masks.js";
import { byteSource } from "../../io/byte-source.js";
import { sharpDecode } from "../../io/decode-image.js";

export interface MaskFlags {
  readonly mask?: string;
}

export function addMaskFlag(command: Command): void {
  const makers = Object.values(detectors).filter(({ masks }) => masks);
  command
    .optionsGroup("Regions of images:")
    .option(
      "--mask <image>",
      `where to look: white is looked at, black ignored; of the size of the images (${makers.map(({ name }) => name).join(", ")})`,
    );
}

/**
 * @throws HypersphereError `unreadable-data` for what is no image, `unfit-data` for one of several pages or frames, and for one of 16
 * bits whose values are all below 256; `io`
 */
export async function readMask({ mask }: MaskFlags): Promise<RawImage | undefined> {
  if (mask === undefined) return undefined;
  const { height, width, channels, data, marks } = await decodeMask(await byteSource(mask), sharpDecode);
  if (marks !== undefined && data.every((value) => value === 0)) {
    throw new HypersphereError(
      "unfit-data",
      `${mask} has 16 bits, and no value above 255: of 65,535 for white, that is black.`,
      { hint: "Save it with 8 bits, or multiply its values by 257." },
    );
  }
  return { height, width, data: convertChannels(data, channels, 1) };
}

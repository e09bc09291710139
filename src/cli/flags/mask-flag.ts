import type { Command } from "commander";
import type { RawImage } from "../../data/index.js";
import { detectors } from "../../detectors/registry.js";
import { decodeOrThrow } from "../../formats/images/decode-image.js";
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

/** @throws HypersphereError `unreadable-data` for what is no image, `io` */
export async function readMask({ mask }: MaskFlags): Promise<RawImage | undefined> {
  return mask === undefined ? undefined : decodeOrThrow(await byteSource(mask), sharpDecode, 1);
}

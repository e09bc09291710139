import type { Sharp, SharpOptions } from "sharp";
import { HypersphereError } from "../errors.js";
import { CorruptImage } from "../formats/images/corrupt-image.js";
import { defaultMaxPixels, tooManyPixels } from "../formats/images/declared-size.js";
import type { DecodedImage } from "../formats/images/decoded-image.js";

type Decoder = (input: Uint8Array | Uint16Array, options: SharpOptions) => Sharp;
let decoder: Promise<Decoder> | undefined;

/**
 * Loaded with the first image and not before: it brings 18 MB of codecs.
 * @throws HypersphereError `io` without the package
 */
export function loadSharp(): Promise<Decoder> {
  decoder ??= import("sharp").then(
    (module) => module.default,
    (cause) => {
      throw new HypersphereError(
        "io",
        "The decoder and encoder for images (the package sharp) could not be loaded.",
        {
          hint: "Its binaries are optional dependencies: install again without --omit=optional, on the system it will run on.",
          cause,
        },
      );
    },
  );
  return decoder;
}

/** The decoder's names for 8 and 16 bits. */
const spaces = { grey: ["b-w", "grey16"], colour: ["srgb", "rgb16"] } as const;

/**
 * An `ImageDecoder` by the package sharp. Turned as its EXIF orientation says. Of 16 bits the upper 8 are kept, palettes
 * become RGB, alpha is left out (colours as stored, as PIL's convert("RGB") does), colour profiles are not applied, and of
 * several pages or frames the first is taken.
 * @throws CorruptImage for what is damaged, cut off, or no image; HypersphereError `io` without the package
 */
export async function sharpDecode(bytes: Uint8Array, maxPixels = defaultMaxPixels): Promise<DecodedImage> {
  const sharp = await loadSharp();
  try {
    // failOn "warning": damage in the middle of a JPEG is only a warning to its decoder, which fills in grey.
    const pipeline = sharp(bytes, {
      failOn: "warning",
      autoOrient: true,
      ignoreIcc: true,
      limitInputPixels: Number.isFinite(maxPixels) ? maxPixels : false,
    });
    const { space, depth, format } = await pipeline.metadata();
    if (format === "svg") throw new CorruptImage("it is a drawing (SVG), which has no pixels");
    if (depth !== "uchar" && depth !== "ushort") {
      throw new CorruptImage(`its pixels are of type ${depth}, whose range nobody states`);
    }
    const grey = space === "b-w" || space === "grey16";
    // Asked for 8 bits, the decoder would round grey pixels of 16 bits and cut off coloured ones.
    const wide = depth === "ushort";
    const { data, info } = await pipeline
      .removeAlpha()
      .toColourspace(spaces[grey ? "grey" : "colour"][wide ? 1 : 0])
      .raw({ depth: wide ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { height, width } = info;
    const channels = grey ? 1 : 3;
    if (info.channels !== channels) throw new CorruptImage(`it has ${info.channels} channels`);
    const bytes8 = wide ? upperBytes(data) : new Uint8Array(data.buffer, data.byteOffset, data.length);
    return { height, width, channels, data: bytes8 };
  } catch (error) {
    if (error instanceof CorruptImage) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new CorruptImage(plainReason(message, maxPixels), error);
  }
}

/** Of 16-bit numbers in the machine's byte order, as the decoder gives them. */
function upperBytes(data: Uint8Array): Uint8Array {
  const wide = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return Uint8Array.from(wide, (value) => value >> 8);
}

/** The decoder's own words where they help; to it every stranger is an "unsupported image format". */
function plainReason(message: string, maxPixels: number): string {
  if (/unsupported image format/.test(message)) return "it is no image, or damaged at its beginning";
  if (/exceeds pixel limit/.test(message)) return tooManyPixels(maxPixels);
  const first = message.split("\n").find((line) => line.trim() !== "") ?? "";
  const own = first.replace(/^Input buffer has corrupt header: /, "").trim();
  return own === "" || /failOn/.test(own) ? "it is damaged or cut off" : `it is damaged or cut off: ${own}`;
}

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

/** The decoder's names for 8 and 16 bits; inks have one, and keep the depth that they have. */
const spaces = { grey: ["b-w", "grey16"], colour: ["srgb", "rgb16"], inks: ["cmyk", "cmyk"] } as const;
const channelsOf = { grey: 1, colour: 3, inks: 4 } as const;

/**
 * An `ImageDecoder` by the package sharp. Turned as its EXIF orientation says. Of 16 bits the upper 8 are kept, palettes
 * become RGB, alpha is left out (colours as stored, as PIL's convert("RGB") does), colour profiles are not applied, inks
 * (CMYK) let through what they do not cover, and of several pages or frames the first is taken.
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
      throw new CorruptImage(
        `its pixels are of type ${depth}, whose range nobody states: save it with 8 or 16 bits`,
      );
    }
    const kind = space === "cmyk" ? "inks" : space === "b-w" || space === "grey16" ? "grey" : "colour";
    // Asked for 8 bits, the decoder would round grey pixels of 16 bits and cut off coloured ones.
    const wide = depth === "ushort";
    // Else the decoder's own profile of a print would make colours of inks, which other decoders do not have.
    if (kind === "inks") pipeline.pipelineColourspace("cmyk");
    const { data, info } = await pipeline
      .removeAlpha()
      .toColourspace(spaces[kind][wide ? 1 : 0])
      .raw({ depth: wide ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { height, width } = info;
    if (info.channels !== channelsOf[kind]) throw new CorruptImage(`it has ${info.channels} channels`);
    const bytes8 = wide ? upperBytes(data) : new Uint8Array(data.buffer, data.byteOffset, data.length);
    if (kind === "inks") return { height, width, channels: 3, data: printed(bytes8) };
    const marks = wide ? lostMarks(data, bytes8, info.channels) : undefined;
    return { height, width, channels: channelsOf[kind], data: bytes8, ...(marks && { marks }) };
  } catch (error) {
    if (error instanceof CorruptImage) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new CorruptImage(plainReason(message, maxPixels), error);
  }
}

/** Numbers of 16 bits in the machine's byte order, as the decoder gives them. */
const wideNumbers = (data: Uint8Array): Uint16Array =>
  new Uint16Array(data.buffer, data.byteOffset, data.length / 2);

const upperBytes = (data: Uint8Array): Uint8Array =>
  Uint8Array.from(wideNumbers(data), (value) => value >> 8);

/** Which pixels are not zero, where the upper bytes do not tell of all of them. */
function lostMarks(data: Uint8Array, upper: Uint8Array, channels: number): Uint8Array | undefined {
  const wide = wideNumbers(data);
  const marks = new Uint8Array(wide.length / channels);
  let lost = false;
  for (let pixel = 0, at = 0; pixel < marks.length; pixel++) {
    let [value, seen] = [0, 0];
    for (let k = 0; k < channels; k++, at++) {
      value |= wide[at]!;
      seen |= upper[at]!;
    }
    marks[pixel] = value === 0 ? 0 : 1;
    lost ||= value !== 0 && seen === 0;
  }
  return lost ? marks : undefined;
}

/**
 * Cyan, magenta, yellow and black as red, green and blue: of each, the share that neither its ink nor black covers. Without a
 * profile of the print nothing else is known, and PIL, browsers and this do the same, in its arithmetic to the last bit.
 */
function printed(inks: Uint8Array): Uint8Array {
  const colours = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const paper = 255 - inks[from + 3]!;
    for (let ink = 0; ink < 3; ink++) {
      const covered = inks[from + ink]! * paper + 128;
      colours[to++] = paper - (((covered >> 8) + covered) >> 8);
    }
  }
  return colours;
}

/** The decoder's own words where they help; to it every stranger is an "unsupported image format". */
function plainReason(message: string, maxPixels: number): string {
  if (/unsupported image format/.test(message)) return "it is no image, or damaged at its beginning";
  if (/exceeds pixel limit/.test(message)) return tooManyPixels(maxPixels);
  const first = message.split("\n").find((line) => line.trim() !== "") ?? "";
  const own = first.replace(/^Input buffer has corrupt header: /, "").trim();
  return own === "" || /failOn/.test(own) ? "it is damaged or cut off" : `it is damaged or cut off: ${own}`;
}

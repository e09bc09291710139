import { HypersphereError } from "../../errors.js";
import { listNames } from "../../text/closest-name.js";
import { count } from "../../text/format.js";
import type { ByteSource } from "../byte-source.js";
import type { Folder } from "../folder.js";
import type { ImageDecoder } from "../platform.js";
import { decodeOrThrow } from "./decode-image.js";
import type { DecodedImage } from "./decoded-image.js";
import { findImages } from "./find-images.js";
import type { ImageFiles } from "./image-files.js";

/** The folder that holds masks, as MVTec AD has it. */
export const MASK_FOLDER = "ground_truth";

/**
 * Where masks for images in `folder`/kind/... would lie: ground_truth/kind/... in the folder itself or in the one above
 * (as in MVTec AD, beside train/ and test/). Undefined when there is neither, and for masks themselves, which would be taken for
 * images that are their own masks.
 */
export async function findMaskFolder(folder: Folder | undefined): Promise<Folder | undefined> {
  for (const place of [folder, folder?.parent]) {
    if (place?.base === MASK_FOLDER) return undefined;
    if ((await place?.names().catch(noFolders))?.folders.includes(MASK_FOLDER))
      return place!.folder(MASK_FOLDER);
  }
  return undefined;
}

/** A folder above may be closed to whoever may read the images. */
const noFolders = () => ({ folders: [] as readonly string[] });

/**
 * Reads masks: for kind/sub/007.png the image kind/sub/007_mask.png or kind/sub/007.png (or with another ending) below
 * `maskRoot`. Images of the normal kind have none, and need none.
 * @param paths "kind/..." of each image
 */
export function maskReader(
  maskRoot: Folder,
  paths: readonly string[],
  sizes: ImageFiles["sizes"],
  normalKind: string | undefined,
  decode: ImageDecoder,
  maxPixels?: number,
): (row: number) => Promise<Uint8Array> {
  let masks: Promise<ReadonlyMap<string, string>> | undefined;
  const normal = (path: string) => normalKind !== undefined && path.startsWith(`${normalKind}/`);
  return async (row) => {
    const path = paths[row];
    const size = sizes[row];
    if (path === undefined || size === undefined) {
      throw new HypersphereError(
        "invalid-option",
        `The mask of image ${row} was asked for, but there are images 0 to ${paths.length - 1}.`,
      );
    }
    const [height, width] = size;
    if (normal(path)) return new Uint8Array(height * width);
    masks ??= listMasks(maskRoot);
    const byKey = await masks;
    const name = byKey.get(keyOf(path));
    if (name === undefined) {
      const missing = paths.filter((other) => !normal(other) && !byKey.has(keyOf(other)));
      throw new HypersphereError(
        "unfit-data",
        `${maskRoot.name} has no masks for ${missing.length} of ${paths.length} images: ${listNames(missing, 3)}.`,
        { hint: `A mask is named like its image: ${keyOf(missing[0]!)}_mask.png.` },
      );
    }
    const file = await maskRoot.file(name);
    const mask = await decodeMask(file, decode, maxPixels);
    if (mask.height !== height || mask.width !== width) {
      throw new HypersphereError(
        "unfit-data",
        `${file.name} is ${mask.height} x ${mask.width} pixels, but its image ${path} is ${height} x ${width} (height x width).`,
        { hint: "A mask says for every pixel of its image whether it is abnormal." },
      );
    }
    return marksOf(mask);
  };
}

/**
 * An image that says something of each pixel of another one, as its file has it.
 * @throws HypersphereError `unfit-data` for one of several pages or frames, `unreadable-data` for what cannot be decoded, `io`
 */
export async function decodeMask(
  file: ByteSource,
  decode: ImageDecoder,
  maxPixels?: number,
): Promise<DecodedImage> {
  const mask = await decodeOrThrow(file, decode, undefined, maxPixels);
  if (mask.pages === undefined) return mask;
  throw new HypersphereError(
    "unfit-data",
    `${file.name} holds several pages or frames (${count(mask.pages)}), and a mask is one image.`,
    { hint: "Save it as one image in which all of them are marked." },
  );
}

/** 1 for each pixel that is not zero in any channel: numbers of defects may be small, and colours dark. */
function marksOf({ height, width, channels, data, marks }: DecodedImage): Uint8Array {
  if (marks !== undefined) return marks;
  return Uint8Array.from({ length: height * width }, (_, pixel) =>
    data.subarray(pixel * channels, (pixel + 1) * channels).some((value) => value !== 0) ? 1 : 0,
  );
}

async function listMasks(maskRoot: Folder): Promise<ReadonlyMap<string, string>> {
  // In natural order 007.png comes before 007_mask.png, which thus wins.
  return new Map((await findImages(maskRoot)).images.map((name) => [keyOf(name), name]));
}

function keyOf(path: string): string {
  return path.replace(/\.[^./]+$/, "").replace(/_mask$/, "");
}

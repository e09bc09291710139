/**
 * Which places hold images, by names and first bytes. Whoever opens a table asks too: what reads images is loaded where there are
 * some, so that in a browser a table comes without it.
 */
import { HypersphereError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import { startsWith } from "../bytes.js";
import { type Folder, isFolder, type Place } from "../folder.js";
import type { SizeLimit } from "../limits.js";
import { isNpy } from "../numpy/npy-mark.js";
import { readHead } from "../opened.js";
import type { Platform } from "../platform.js";
import { tsPair } from "../series/ts-pair.js";
import type { IdxPart } from "./array-folders.js";
import { isIdx } from "./idx-mark.js";
import { isImageName } from "./image-names.js";

/** What holds images, and how it is read. */
export type Holder =
  | { readonly kind: "folder" | "cifar-folder"; readonly folder: Folder }
  | { readonly kind: "idx-folder"; readonly folder: Folder; readonly parts: readonly IdxPart[] }
  | { readonly kind: "image" | "idx" | "cifar" | "npz"; readonly file: ByteSource };

/**
 * Whether `readImagesFrom` is meant to read this: any folder but one of two `.ts` files, and files that by their first bytes or their name hold
 * images. Arrays of three dimensions count when they are bytes; others may be windows of series. Streams do not count, nor
 * do files that cannot be read, so that whoever reads them next says why.
 */
export async function looksLikeImagesAt(
  place: Place,
  platform: Platform,
  limit: SizeLimit = {},
): Promise<boolean> {
  if (!isFolder(place) && place.slice === undefined) return false;
  try {
    if (isFolder(place) && (await tsPair(place)) !== undefined) return false;
    return (await holderOf(place, true, platform, limit)) !== undefined;
  } catch (error) {
    if (error instanceof HypersphereError) return false;
    throw error;
  }
}

/** @param sure as `holdsImages` has it */
export async function holderOf(
  place: Place,
  sure: boolean,
  { inflate }: Platform,
  { maxUnpacked }: SizeLimit,
): Promise<Holder | undefined> {
  if (isFolder(place)) {
    const { cifarNames, idxFiles } = await import("./array-folders.js");
    if ((await cifarNames(place)).length > 0) return { kind: "cifar-folder", folder: place };
    const parts = await idxFiles(place);
    return parts.length > 0
      ? { kind: "idx-folder", folder: place, parts }
      : { kind: "folder", folder: place };
  }
  if (isImageName(place.name)) return { kind: "image", file: place };
  const head = await readHead(place, inflate, { maxUnpacked });
  if (isImageContent(head)) return { kind: "image", file: place };
  if (isIdx(head)) return { kind: "idx", file: place };
  if (startsWith(head, [0x50, 0x4b, 0x03, 0x04]) || isNpy(head)) {
    const { holdsImages } = await import("./npz-images.js");
    return (await holdsImages(place, sure, inflate, { maxUnpacked }))
      ? { kind: "npz", file: place }
      : undefined;
  }
  return /\.bin(\.gz)?$/i.test(place.name) ? { kind: "cifar", file: place } : undefined;
}

/** PNG, JPEG, GIF, and RIFF with WebP in it: beginnings that no table has. */
function isImageContent(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(0, 12));
  return (
    startsWith(head, [0x89, 0x50, 0x4e, 0x47]) ||
    startsWith(head, [0xff, 0xd8, 0xff]) ||
    text.startsWith("GIF8") ||
    (text.startsWith("RIFF") && text.endsWith("WEBP"))
  );
}

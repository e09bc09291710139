import { basename, dirname, resolve } from "node:path";
import { HypersphereError } from "../../errors.js";
import { findImages } from "./find-images.js";
import { chooseFolder, type FolderPart, kindsOf, normalFolder } from "./folder-layout.js";
import { type ImageFileOptions, openImageFiles, skippedWarning } from "./image-files.js";
import { findMaskFolder, maskReader } from "./masks.js";
import type { ImageFolder } from "./types.js";

export interface ImageFolderOptions extends ImageFileOptions {
  /** Which to take of a folder that has train/ and test/; others are read as they are. */
  part?: FolderPart | undefined;
  /** The folder of the normal images, whose name gives labels; default good, normal or ok, if there is one. */
  normalKind?: string | undefined;
}

/**
 * Reads a folder of images (PNG, JPEG, WebP, GIF, TIFF, BMP, AVIF; any sizes, nested folders too) in natural order.
 * Understands the layout of MVTec AD: of a folder with train/ and test/ the `part`; in one with good/ and others
 * the kinds and labels; and ground_truth/<kind>/<name>_mask.png. Every image is decoded once, to 8 bits: grey when
 * all are, otherwise RGB; see `decodeFile` for what becomes of others.
 *
 * @example
 * const { images } = await readImageFolder("parts/train/good");
 * const { images, labels, kinds, mask } = await readImageFolder("parts", { part: "test" });
 *
 * @throws HypersphereError `unreadable-data` naming and counting images that cannot be decoded (unless skipped),
 * `unfit-data` for a folder without images, `invalid-option`, `io`, `aborted`
 */
export async function readImageFolder(path: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  const folder = await chooseFolder(path, options.part);
  const { images: paths, others } = await findImages(folder, {
    except: ["ground_truth"],
    signal: options.signal,
  });
  if (paths.length === 0) throw noImages(folder, others);
  const { images, sizes, skipped } = await openImageFiles(folder, paths, options);
  const names = images.names!;
  const kinds = kindsOf(folder, names, options.normalKind);

  // Without kinds the folder may be one itself: parts/test/scratch.
  const isKind = kinds === undefined;
  const here = resolve(folder);
  const maskRoot = await findMaskFolder(isKind ? dirname(here) : here);
  const shown = isKind ? names.map((name) => `${basename(here)}/${name}`) : names;
  const normalKind = isKind ? normalFolder([basename(here)]) : kinds.normalKind;
  return {
    images,
    labels: kinds?.labels,
    kinds: kinds?.kinds,
    classes: undefined,
    skipped,
    ignored: [...others.values()].reduce((sum, count) => sum + count, 0),
    mask: maskRoot === undefined ? undefined : maskReader(maskRoot, shown, sizes, normalKind),
    warnings: [...skippedWarning(folder, skipped, paths.length), ...(kinds?.warnings ?? [])],
  };
}

/** A single image file as a set of one. @throws HypersphereError `unreadable-data`, `invalid-option`, `io` */
export async function readImageFile(path: string, options: ImageFileOptions = {}): Promise<ImageFolder> {
  const { images, skipped } = await openImageFiles(dirname(path), [basename(path)], options);
  return {
    images: { ...images, source: path },
    labels: undefined,
    kinds: undefined,
    classes: undefined,
    skipped,
    ignored: 0,
    mask: undefined,
    warnings: [],
  };
}

function noImages(folder: string, others: ReadonlyMap<string, number>): HypersphereError {
  const most = [...others].sort((a, b) => b[1] - a[1]).slice(0, 3);
  const found = most.map(([ending, count]) => `${count} ${ending === "" ? "without ending" : `.${ending}`}`);
  return new HypersphereError(
    "unfit-data",
    `${folder} holds no images${found.length === 0 ? "; it is empty" : ` (its files: ${found.join(", ")})`}.`,
    { hint: "Images are files named .png, .jpg, .jpeg, .webp, .gif, .tif, .tiff, .bmp or .avif." },
  );
}

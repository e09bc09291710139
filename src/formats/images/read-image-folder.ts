import { HypersphereError } from "../../errors.js";
import { counted } from "../../text/format.js";
import type { ByteSource } from "../byte-source.js";
import { baseOf, type Folder } from "../folder.js";
import type { ImageDecoder } from "../platform.js";
import { findImages } from "./find-images.js";
import { chooseFolder, type FolderPart, kindsOf, normalFolder } from "./folder-layout.js";
import { type ImageFileOptions, openImageFiles } from "./image-files.js";
import { findMaskFolder, MASK_FOLDER, maskReader } from "./masks.js";
import type { ImageFolder } from "./types.js";

export interface ImageFolderOptions extends ImageFileOptions {
  /** Which to take of a folder that has train/ and test/; others are read as they are. */
  part?: FolderPart | undefined;
  /** The folder of the normal images, whose name gives labels; default good, normal or ok, if there is one. */
  normalKind?: string | undefined;
  /** False where nobody asks for labels: then nothing is said about folders that give none. */
  labelled?: boolean | undefined;
}

/**
 * Reads a folder of images (PNG, JPEG, WebP, GIF, TIFF, BMP, AVIF; any sizes, nested folders too) in natural order.
 * Understands the layout of MVTec AD: of a folder with train/ and test/ the `part`; in one with good/ and others
 * the kinds and labels; and ground_truth/<kind>/<name>_mask.png. Every image is decoded once, to 8 bits: grey when
 * all are, otherwise RGB; see `ImageDecoder` for what becomes of others.
 *
 * @throws HypersphereError `unreadable-data` naming and counting images that cannot be decoded (unless skipped),
 * `unfit-data` for a folder without images, `invalid-option`, `io`, `aborted`
 */
export async function readImagesOfFolder(
  whole: Folder,
  options: ImageFolderOptions,
  decode: ImageDecoder,
): Promise<ImageFolder> {
  const folder = await chooseFolder(whole, options.part);
  const { images: paths, others } = await findImages(folder, {
    except: [MASK_FOLDER],
    signal: options.signal,
  });
  if (paths.length === 0) throw await noImages(folder, others);
  const { images, sizes, skipped, warnings } = await openImageFiles(folder, paths, options, decode);
  const names = images.names!;
  const kinds = kindsOf(folder.name, names, options.normalKind);

  // Without kinds the folder may be one itself: parts/test/scratch.
  const isKind = kinds === undefined;
  const maskRoot = await findMaskFolder(isKind ? folder.parent : folder);
  const shown = isKind ? names.map((name) => `${folder.base}/${name}`) : names;
  const normalKind = isKind ? normalFolder([folder.base]) : kinds.normalKind;
  return {
    images,
    labels: kinds?.labels,
    kinds: kinds?.kinds,
    classes: undefined,
    skipped,
    ignored: [...others.values()].reduce((sum, count) => sum + count, 0),
    mask:
      maskRoot === undefined
        ? undefined
        : maskReader(maskRoot, shown, sizes, normalKind, decode, options.maxPixels),
    warnings: [...warnings, ...((options.labelled !== false && kinds?.warnings) || [])],
  };
}

/** A single image file as a set of one. @throws HypersphereError `unreadable-data`, `invalid-option`, `io` */
export async function readSingleImage(
  source: ByteSource,
  options: ImageFileOptions,
  decode: ImageDecoder,
): Promise<ImageFolder> {
  const { images, skipped, warnings } = await openImageFiles(
    { name: folderOf(source.name), file: async () => source },
    [baseOf(source.name)],
    options,
    decode,
  );
  return {
    images: { ...images, source: source.name },
    labels: undefined,
    kinds: undefined,
    classes: undefined,
    skipped,
    ignored: 0,
    mask: undefined,
    warnings,
  };
}

/** For messages. */
const folderOf = (path: string): string => path.slice(0, path.length - baseOf(path).length - 1) || ".";

async function noImages(folder: Folder, others: ReadonlyMap<string, number>): Promise<HypersphereError> {
  const masks = await masksAlone(folder);
  if (masks > 0) {
    return new HypersphereError(
      "unfit-data",
      `${folder.name} holds no images, but ${counted(masks, "mask")} in ${MASK_FOLDER}/.`,
      {
        hint: `Put the images that the masks are of beside that folder, of ${MASK_FOLDER}/scratch/007_mask.png in scratch/007.png.`,
      },
    );
  }
  const most = [...others].sort((a, b) => b[1] - a[1]).slice(0, 3);
  const found = most.map(([ending, count]) => `${count} ${ending === "" ? "without ending" : `.${ending}`}`);
  return new HypersphereError(
    "unfit-data",
    `${folder.name} holds no images${found.length === 0 ? "; it is empty" : ` (its files: ${found.join(", ")})`}.`,
    { hint: "Images are files named .png, .jpg, .jpeg, .webp, .gif, .tif, .tiff, .bmp or .avif." },
  );
}

/** Masks in a folder without images. */
async function masksAlone(folder: Folder): Promise<number> {
  const { folders } = await folder.names();
  return folders.includes(MASK_FOLDER) ? (await findImages(folder.folder(MASK_FOLDER))).images.length : 0;
}

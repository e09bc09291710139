import { imagesFrom } from "../../data/images/image-arrays.js";
import { HypersphereError } from "../../errors.js";
import { listNames } from "../../text/closest-name.js";
import { shown } from "../../text/shown.js";
import type { ByteSource, ReadControl } from "../byte-source.js";
import { collect } from "../bytes.js";
import type { Inflate } from "../inflate.js";
import type { SizeLimit } from "../limits.js";
import { parseNpy } from "../numpy/npy.js";
import { bad, checkNpySize, type NpyHeader, parseNpyHeader } from "../numpy/npy-header.js";
import { isNpy } from "../numpy/npy-mark.js";
import { labelValues } from "../numpy/npz-read.js";
import { openSource, randomAccess } from "../opened.js";
import { listZip, readZipEntry, type ZipEntry, zipEntryHead } from "../zip.js";
import { checkClassCount } from "./class-count.js";
import { type FolderPart, PARTS } from "./folder-layout.js";
import type { ReadImages } from "./types.js";

export interface NpzImagesOptions extends SizeLimit {
  /** Name of the array with the images; default the only one with 3 or 4 dimensions, or the usual name among several. */
  array?: string | undefined;
  /** Name of the array with the classes; default the one named to match: train_labels to train_images, y_test to X_test. */
  labelArray?: string | undefined;
  /** Chooses among arrays named for training and for test. */
  part?: FolderPart | undefined;
  /** Default as in the array. */
  channels?: 1 | 3 | undefined;
  signal?: AbortSignal | undefined;
}

/** Arrays of an archive, or of a plain NPY file, which has one without a name. */
interface Arrays {
  readonly headers: ReadonlyMap<string, NpyHeader>;
  /** Arrays that are no numbers (pickled objects, records), and what is wrong with them. */
  readonly unreadable: ReadonlyMap<string, unknown>;
  read(name: string): Promise<Uint8Array>;
}

/**
 * Reads images from an array of bytes in an NPZ archive or an NPY file: [n, height, width] in grey, or
 * [n, height, width, channels] with 1, 3 or 4 channels (the fourth is left out).
 * @throws HypersphereError `unfit-data` for arrays of other types and shapes, or when it is not clear which one is meant,
 * `unreadable-data`, `io`, `aborted`
 */
export async function readNpzImagesFrom(
  place: ByteSource,
  options: NpzImagesOptions,
  inflate: Inflate,
): Promise<ReadImages> {
  const { channels } = options;
  const { name: path } = place;
  const arrays = await openArrays(place, inflate, options);
  const name = options.array ?? chooseArray(arrays, path, options.part);
  const source = name === "" ? path : `${path}: ${name}`;
  const header = arrays.headers.get(name);
  if (!header) throw noArray(path, name, arrays);
  const shape = imageShape(header, source);
  const bytes = await arrays.read(name);
  const full = parseNpyHeader(bytes, source);
  const count = checkNpySize(full, bytes, source);
  const data = bytes.subarray(full.dataOffset, full.dataOffset + count);
  const images = imagesFrom({ data, ...shape }, { channels, source });
  const labelsName = options.labelArray ?? matchingLabels(name, arrays);
  const classes =
    labelsName === undefined ? undefined : await readClasses(arrays, path, labelsName, source, shape.count);
  return { images, labels: undefined, kinds: undefined, classes, warnings: [] };
}

/**
 * Whether an NPY file or an NPZ archive has an array of images.
 * @param sure false counts arrays of three dimensions and any type, which may as well be windows of series
 * @throws HypersphereError `unreadable-data`
 */
export async function holdsImages(
  source: ByteSource,
  sure: boolean,
  inflate: Inflate,
  limit: SizeLimit,
): Promise<boolean> {
  const { headers } = await openArrays(source, inflate, limit);
  return [...headers.values()].some(
    (header) => isImages(header) && (!sure || header.dtype === "u1" || header.shape.length === 4),
  );
}

/** The parts for which an archive has an array of images each, named for it. */
export async function npzParts(
  source: ByteSource,
  inflate: Inflate,
  limit: SizeLimit,
): Promise<readonly FolderPart[]> {
  const { headers } = await openArrays(source, inflate, limit);
  const names = [...headers.keys()].filter((name) => isImages(headers.get(name)!));
  const named = (part: FolderPart): boolean =>
    names.filter((name) => name.toLowerCase().includes(part)).length === 1;
  return PARTS.filter(named);
}

/** Bytes that hold the header of any array of numbers, and some more. */
const headBytes = 4096;

async function openArrays(
  place: ByteSource,
  inflate: Inflate,
  { signal, maxUnpacked }: ReadControl,
): Promise<Arrays> {
  // Only these: what is looked at beforehand is no progress.
  const control = { signal, maxUnpacked };
  const { name: source } = place;
  const opened = await openSource(place, inflate, control);
  if (isNpy(opened.head)) {
    const headers = new Map([["", parseNpyHeader(opened.head, source)]]);
    await opened.close();
    const read = async () => collect((await openSource(place, inflate, control)).bytes, source);
    return { headers, unreadable: new Map(), read };
  }
  const zip = { archive: await randomAccess(place, opened, control), inflate, control };
  const entries = new Map<string, ZipEntry>();
  const headers = new Map<string, NpyHeader>();
  const unreadable = new Map<string, unknown>();
  for (const entry of await listZip(zip.archive)) {
    if (!entry.name.endsWith(".npy")) continue;
    const name = entry.name.slice(0, -4);
    entries.set(name, entry);
    const head = await zipEntryHead(zip, entry, headBytes);
    try {
      headers.set(name, parseNpyHeader(head, `${source}: ${entry.name}`));
    } catch (error) {
      unreadable.set(name, error);
    }
  }
  if (entries.size === 0) {
    throw bad(source, "the archive holds no arrays", "Was it written by numpy.savez?");
  }
  return { headers, unreadable, read: (name) => readZipEntry(zip, entries.get(name)!) };
}

function isImages({ shape }: NpyHeader): boolean {
  return shape.length === 3 || shape.length === 4;
}

function chooseArray({ headers }: Arrays, source: string, part: FolderPart | undefined): string {
  const names = [...headers.keys()].filter((name) => isImages(headers.get(name)!));
  if (names.length === 0) {
    const shapes = [...headers].map(([name, header]) => `${name} ${describe(header)}`.trim());
    throw new HypersphereError("unfit-data", `${source} holds no images: ${shapes.slice(0, 6).join(", ")}.`, {
      hint: "Images are arrays of shape (n, height, width) or (n, height, width, 3).",
    });
  }
  const ofPart = names.filter((name) => part !== undefined && name.toLowerCase().includes(part));
  if (ofPart.length === 1) return ofPart[0]!;
  if (names.length === 1) return names[0]!;
  const usual = ["X", "x", "images"].find((name) => names.includes(name));
  if (usual !== undefined) return usual;
  throw new HypersphereError("unfit-data", `${source} holds several arrays of images: ${listNames(names)}.`, {
    hint: "Say which is meant by its name, or by the part, train or test.",
  });
}

function imageShape(header: NpyHeader, source: string) {
  const { dtype, shape, fortranOrder } = header;
  const unfit = (problem: string, hint: string) =>
    new HypersphereError("unfit-data", `${source} ${describe(header)} ${problem}.`, { hint });
  if (!isImages(header)) {
    throw unfit("is no array of images", "Expected is (n, height, width) or (n, height, width, 3).");
  }
  const [count = 0, height = 0, width = 0, channels = 1] = shape;
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw unfit(
      `has ${channels} channels, where 1, 3 or 4 were expected`,
      height === 1 || height === 3
        ? "The channels come last in images: x.transpose(0, 2, 3, 1)."
        : "Expected is (n, height, width) or (n, height, width, 3).",
    );
  }
  if (dtype !== "u1") {
    throw unfit("does not hold bytes (uint8)", `Save pixels from 0 to 255: ${asBytes(dtype)}.`);
  }
  if (fortranOrder) {
    throw unfit("is in Fortran order", "Save it in C order: numpy.ascontiguousarray(x).");
  }
  if (count * height * width === 0) throw unfit("has no pixels", "At least one image is needed.");
  return { count, height, width, channels } as const;
}

/** How NumPy makes bytes of numbers. Of those above 255, `astype` by itself would keep the lowest bits. */
function asBytes(dtype: string): string {
  if (dtype.startsWith("f")) return "(x * 255).round().astype('uint8') for values between 0 and 1";
  if (dtype === "b1") return "x.astype('uint8') * 255";
  const bytes = "x.astype('uint8') where none is above 255";
  return dtype === "u2" ? `${bytes}, (x >> 8).astype('uint8') for values of 16 bits` : `${bytes} or below 0`;
}

/** The name that goes with the array's by the customs of Python: X and y, x_train and y_train, images and labels. */
function matchingLabels(name: string, { headers }: Arrays): string | undefined {
  const customs = [
    name.replace(/images?/i, "labels"),
    name.replace(/images?/i, "label"),
    name.replace(/^x(?=_|$)/i, "y"),
    name.replace(/(?<=_)x$/i, "y"),
  ];
  return customs.find((candidate) => candidate !== name && headers.has(candidate));
}

async function readClasses(
  arrays: Arrays,
  source: string,
  name: string,
  images: string,
  count: number,
): Promise<Int32Array<ArrayBuffer>> {
  if (!arrays.headers.has(name)) throw noArray(source, name, arrays);
  const where = `${source}: ${name}`;
  const values = labelValues(parseNpy(await arrays.read(name), where), name, source);
  checkClassCount(images, count, where, values.length);
  const classes = Int32Array.from(values, Number);
  const odd = classes.findIndex((value, row) => value !== values[row]);
  if (odd === -1) return classes;
  throw new HypersphereError(
    "unfit-data",
    `${where}: label ${odd + 1} is ${shown(values[odd])}, where class numbers were expected.`,
    { hint: "Save class numbers: numpy.unique(y, return_inverse=True)[1] numbers the values." },
  );
}

function noArray(source: string, name: string, { headers, unreadable }: Arrays): unknown {
  const known = unreadable.get(name);
  if (known !== undefined) return known;
  return new HypersphereError(
    "unfit-data",
    `${source} holds no array "${name}", but ${listNames([...headers.keys()])}.`,
  );
}

function describe({ dtype, shape }: NpyHeader): string {
  return `(${shape.join(", ")}) of type ${dtype}`;
}

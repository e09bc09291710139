/** Folders in which data sets of images come as arrays: CIFAR-10 and those of MNIST's kind. */
import { HypersphereError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import type { Folder } from "../folder.js";
import type { FolderPart } from "./folder-layout.js";
import { naturalOrder } from "./natural-order.js";

/** CIFAR-10 as it is unpacked: data_batch_1.bin to data_batch_5.bin for training, test_batch.bin. */
export async function cifarNames(folder: Folder): Promise<string[]> {
  const { files } = await folder.names();
  return files.filter((name) => /^(data_batch_\d|test_batch)\.bin(\.gz)?$/.test(name)).sort(naturalOrder);
}

/** @throws HypersphereError `invalid-option` when it was not said which part, `unfit-data` when that one is not there */
export async function cifarFiles(folder: Folder, part: FolderPart | undefined): Promise<ByteSource[]> {
  const names = await cifarNames(folder);
  const files = names.filter((name) => name.startsWith("test") === (part === "test"));
  if (part !== undefined && files.length > 0) return Promise.all(files.map((name) => folder.file(name)));
  const found = names.join(", ");
  if (part === undefined) {
    throw new HypersphereError(
      "invalid-option",
      `${folder.name} has CIFAR-10's files ${found}: which are meant?`,
      {
        hint: 'Say part "train" or "test", or name one file.',
      },
    );
  }
  throw new HypersphereError(
    "unfit-data",
    `${folder.name} has CIFAR-10's files ${found}, but none for the part ${part}.`,
  );
}

/** The files of one part. */
export interface IdxPart {
  readonly part: FolderPart;
  readonly images: ByteSource;
  /** The file of classes that is named to match, where there is one. */
  readonly labels: ByteSource | undefined;
}

/**
 * The parts in a folder with files as MNIST and Fashion-MNIST name them: train-images-idx3-ubyte,
 * train-labels-idx1-ubyte, and t10k-... for testing; train first.
 */
export async function idxFiles(folder: Folder): Promise<readonly IdxPart[]> {
  const { files } = await folder.names();
  const found: IdxPart[] = [];
  for (const [part, prefix] of [
    ["train", /^train/i],
    ["test", /^(t10k|test)/i],
  ] as const) {
    const images = files.filter((name) => prefix.test(name) && /images[-.]idx3/i.test(name));
    // Several (such as one compressed and one not) leave open which is meant.
    if (images.length !== 1) continue;
    const wanted = images[0]!.replace(/images([-.])idx3/i, "labels$1idx1").replace(/\.gz$/i, "");
    const labels = files.find((name) => name.replace(/\.gz$/i, "") === wanted);
    found.push({
      part,
      images: await folder.file(images[0]!),
      labels: labels === undefined ? undefined : await folder.file(labels),
    });
  }
  return found;
}

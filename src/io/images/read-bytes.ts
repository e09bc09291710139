import { HypersphereError } from "../../errors.js";
import { byteSource, collect, type SourceOptions } from "../byte-source.js";
import { openData } from "../read-table.js";

/** All bytes of a file, decompressed where it is gzipped. @throws HypersphereError `io`, `unreadable-data`, `aborted` */
export async function readBytes(path: string, options: SourceOptions = {}): Promise<Uint8Array> {
  return collect((await openData(await byteSource(path, options))).bytes);
}

/** The first bytes of a file, decompressed where it is gzipped. @throws HypersphereError `io`, `unreadable-data` */
export async function readHead(path: string): Promise<Uint8Array> {
  const opened = await openData(await byteSource(path));
  await opened.close();
  return opened.head;
}

/** @throws HypersphereError `unfit-data` unless there is a class for every image */
export function checkClassCount(source: string, images: number, classSource: string, classes: number): void {
  if (images === classes) return;
  throw new HypersphereError(
    "unfit-data",
    `${source} has ${images} images, but ${classSource} has ${classes} labels.`,
    { hint: "They do not belong together: training and test files may have been mixed up." },
  );
}

import { imagesFrom } from "../../data/images/image-arrays.js";
import { HypersphereError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import type { Inflate } from "../inflate.js";
import type { SizeLimit } from "../limits.js";
import { readAll } from "../opened.js";
import type { ReadImages } from "./types.js";

export interface CifarOptions extends SizeLimit {
  /** Default 3, as in the file. */
  channels?: 1 | 3 | undefined;
  signal?: AbortSignal | undefined;
}

const side = 32;
const plane = side * side;
/** A class number, then the red, the green and the blue plane. */
const recordBytes = 1 + 3 * plane;
const classCount = 10;

/**
 * Reads CIFAR-10 in its binary version (https://www.cs.toronto.edu/~kriz/cifar.html), gzipped or not; several files are
 * read as one, in the order given.
 * @throws HypersphereError `unreadable-data` for files of another format or cut off, `io`, `aborted`
 */
export async function readCifarFrom(
  sources: readonly ByteSource[],
  options: CifarOptions,
  inflate: Inflate,
): Promise<ReadImages> {
  const { channels } = options;
  if (sources.length === 0) throw new HypersphereError("invalid-option", "No CIFAR-10 file was named.");
  const files: Uint8Array[] = [];
  for (const file of sources) {
    const bytes = await readAll(file, inflate, options);
    checkRecords(bytes, file.name);
    files.push(bytes);
  }
  const count = files.reduce((sum, bytes) => sum + bytes.length / recordBytes, 0);
  const data = new Uint8Array(count * 3 * plane);
  const classes = new Int32Array(count);
  let row = 0;
  for (const bytes of files) {
    for (let at = 0; at < bytes.length; at += recordBytes, row++) {
      classes[row] = bytes[at]!;
      for (let pixel = 0, to = row * 3 * plane; pixel < plane; pixel++) {
        data[to++] = bytes[at + 1 + pixel]!;
        data[to++] = bytes[at + 1 + plane + pixel]!;
        data[to++] = bytes[at + 1 + 2 * plane + pixel]!;
      }
    }
  }
  const [{ name }] = sources as [ByteSource];
  const source = sources.length === 1 ? name : `${name} and ${sources.length - 1} more`;
  const images = imagesFrom({ data, count, height: side, width: side, channels: 3 }, { channels, source });
  return { images, labels: undefined, kinds: undefined, classes, warnings: [] };
}

function checkRecords(bytes: Uint8Array, source: string): void {
  const bad = (problem: string, hint: string) =>
    new HypersphereError("unreadable-data", `${source} cannot be read as CIFAR-10: ${problem}.`, { hint });
  const rest = bytes.length % recordBytes;
  if (rest !== 0) {
    throw bad(
      `${bytes.length} bytes are ${Math.floor(bytes.length / recordBytes)} records of ${recordBytes} and ${rest} bytes more`,
      bytes.length % (recordBytes + 1) === 0
        ? "It may be CIFAR-100, whose records have one byte more: save it as NPZ."
        : "The file was cut off, or is of another format: CIFAR-10's binary version is meant, not the one for Python.",
    );
  }
  for (let at = 0; at < bytes.length; at += recordBytes) {
    if (bytes[at]! < classCount) continue;
    throw bad(
      `record ${at / recordBytes + 1} is of class ${bytes[at]}, where 0 to ${classCount - 1} were expected`,
      "Is it another file with the same ending?",
    );
  }
}

import { imagesFrom } from "../../data/images/image-arrays.js";
import { HypersphereError } from "../../errors.js";
import type { ByteSource, ReadControl } from "../byte-source.js";
import type { Inflate } from "../inflate.js";
import { readAll } from "../opened.js";
import type { CifarOptions } from "./cifar.js";
import { checkClassCount } from "./class-count.js";
import { IDX_TYPES, isIdx } from "./idx-mark.js";
import type { ReadImages } from "./types.js";

/**
 * Reads images in the IDX format of MNIST and Fashion-MNIST (http://yann.lecun.com/exdb/mnist: two zero bytes, a type,
 * the number of dimensions, their sizes as big-endian 32-bit integers, then the values), gzipped or not.
 * @param labels the file of class numbers that belongs to the images: train-labels-idx1-ubyte.gz to
 * train-images-idx3-ubyte.gz
 * @throws HypersphereError `unreadable-data` for files of another format, cut off or too long, `unfit-data` when labels and
 * images do not belong together, `io`, `aborted`
 */
export async function readIdxFrom(
  source: ByteSource,
  labels: ByteSource | undefined,
  { channels, ...control }: CifarOptions,
  inflate: Inflate,
): Promise<ReadImages> {
  const { name } = source;
  const { shape, data } = parseIdx(await readAll(source, inflate, control), name, "images");
  const [count, height, width] = shape as [number, number, number];
  const images = imagesFrom({ data, count, height, width, channels: 1 }, { channels, source: name });
  const classes = labels && (await readIdxLabels(labels, inflate, control));
  if (classes) checkClassCount(name, count, labels!.name, classes.length);
  return { images, labels: undefined, kinds: undefined, classes, warnings: [] };
}

async function readIdxLabels(
  source: ByteSource,
  inflate: Inflate,
  control: ReadControl,
): Promise<Int32Array<ArrayBuffer>> {
  return Int32Array.from(parseIdx(await readAll(source, inflate, control), source.name, "labels").data);
}

const expectedDimensions = { images: 3, labels: 1 };

function parseIdx(
  bytes: Uint8Array,
  source: string,
  what: "images" | "labels",
): { shape: number[]; data: Uint8Array } {
  const bad = (problem: string, hint: string) =>
    new HypersphereError(
      "unreadable-data",
      `${source} cannot be read as an IDX file of ${what}: ${problem}.`,
      {
        hint,
      },
    );
  const cutOff = (expected: number) =>
    bad(
      `it should have ${expected} bytes but has ${bytes.length}`,
      "The file was cut off, often by an interrupted copy or download: fetch it again.",
    );
  if (!isIdx(bytes)) {
    const begin = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw bad(`it begins with ${begin}`, "IDX files begin with 00 00, a type and the number of dimensions.");
  }
  if (bytes[2] !== 0x08) {
    throw bad(`it holds ${IDX_TYPES.get(bytes[2]!)}`, "Bytes were expected, from 0 to 255.");
  }
  const dimensions = bytes[3]!;
  if (dimensions !== expectedDimensions[what]) {
    const hint =
      dimensions === 1
        ? "It is a file of labels; the images are in the one named images-idx3."
        : dimensions === 3
          ? "It is a file of images; the labels are in the one named labels-idx1."
          : what === "labels"
            ? "Expected was 1."
            : "Expected were 3: images, rows and columns. Save images in colour as an NPZ array (n, height, width, 3).";
    throw bad(`it has ${dimensions} ${dimensions === 1 ? "dimension" : "dimensions"}`, hint);
  }
  const start = 4 + 4 * dimensions;
  if (bytes.length < start) throw cutOff(start);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, k) => view.getUint32(4 + 4 * k));
  const expected = start + shape.reduce((product, extent) => product * extent, 1);
  if (bytes.length < expected) throw cutOff(expected);
  if (bytes.length > expected) {
    throw bad(
      `it has ${bytes.length - expected} bytes more than its sizes (${shape.join(" x ")}) need`,
      "Was it changed after it was written?",
    );
  }
  if (expected === start) throw bad(`its sizes are ${shape.join(" x ")}`, "It holds nothing.");
  return { shape, data: bytes.subarray(start) };
}

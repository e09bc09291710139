import {
  add,
  cast,
  div,
  matmul,
  max,
  mean,
  mul,
  split,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { ROTATIONS } from "../turned/views.js";
import { turnedRows } from "./gaussians.js";

/** What the network makes of training images in each rotation, as directions. */
export interface Bank {
  readonly images: number;
  readonly width: number;
  /** [rotations, width]: the mean of the directions, which is taken off so that differences of near ones are not lost in rounding. */
  readonly centres: Float32Array;
  /** [rotations, width, images]: directions less their centre. */
  readonly directions: Float32Array;
  /** [rotations, 1, images]: half of their squared lengths. */
  readonly halves: Float64Array;
}

const TURNS = ROTATIONS.length;
/** Of a vector's length: one of zeros has no direction. */
const LEAST_LENGTH = 1e-12;

/** Training images that are kept, at most: 2 kB of the file for each at 128 numbers a rotation. */
const MOST_KEPT = 2000;
/** So many of them, evenly from the first to the last. */
export const bankSize = (images: number): number => Math.min(MOST_KEPT, images);

/** @param vectors [images, rotations, all widths] */
export function fitBank(vectors: Float32Array, widths: readonly number[], place: number): Bank {
  const whole = widths.reduce((total, each) => total + each, 0);
  const offset = widths.slice(0, place).reduce((total, each) => total + each, 0);
  const width = widths[place]!;
  const all = vectors.length / (TURNS * whole);
  const images = bankSize(all);
  const centres = new Float32Array(TURNS * width);
  const directions = new Float32Array(TURNS * width * images);
  const halves = new Float64Array(TURNS * images);
  for (const rotation of ROTATIONS) {
    const rows = turnedRows(vectors, whole, { rotation, offset, width });
    const units = Array.from({ length: images }, (_, k) => {
      const from = Math.floor((k * all) / images) * width;
      return unit(rows.subarray(from, from + width));
    });
    const centre = centres.subarray(rotation * width, (rotation + 1) * width);
    for (let k = 0; k < width; k++) centre[k] = units.reduce((total, own) => total + own[k]!, 0) / images;
    units.forEach((own, image) => {
      let squares = 0;
      for (let k = 0; k < width; k++) {
        const off = Math.fround(own[k]! - centre[k]!);
        directions[(rotation * width + k) * images + image] = off;
        squares += off * off;
      }
      halves[rotation * images + image] = squares / 2;
    });
  }
  return { images, width, centres, directions, halves };
}

function unit(vector: Float32Array): Float64Array {
  const length = Math.sqrt(vector.reduce((total, value) => total + value * value, 0));
  return Float64Array.from(vector, (value) => value / (length + LEAST_LENGTH));
}

/**
 * One less the cosine to the nearest image of the bank in the same rotation, mean over the rotations: [images].
 * @param vectors [images, rotations, all widths]
 */
export function bankDistance(vectors: Tensor, widths: readonly number[], place: number, bank: Bank): Tensor {
  const { root } = vectors.graph;
  const { images, width, centres, directions, halves } = bank;
  const turned = transpose(split(vectors, 2, widths)[place]!, [1, 0, 2]);
  const length = sqrt(sum(square(turned), [2], { keepDims: true }));
  const centre = root.constant("float32", [TURNS, 1, width], centres);
  // A small difference of larger numbers: float32 would leave nothing but rounding where an image is in the bank.
  const own = cast(sub(div(turned, add(length, LEAST_LENGTH)), centre), "float64");
  // Half the squared distance of two directions is one less their cosine.
  const bankOf = cast(root.constant("float32", [TURNS, width, images], directions), "float64");
  const half = root.constant("float64", [TURNS, 1, images], halves);
  const nearest = max(sub(matmul(own, bankOf), half), [2]);
  return cast(mean(sub(mul(sum(square(own), [2]), 0.5), nearest), [0]), "float32");
}

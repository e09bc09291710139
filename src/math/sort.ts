/** Sorting of scores: everything rank-based in the package goes through here, so that NaN is refused in one place. */
import { HypersphereError } from "../errors.js";

/** Below this, a comparison sort is quicker than filling the histograms of the radix sort. */
const RADIX_FROM = 1024;
const DIGIT_BITS = 11;
const BUCKETS = 1 << DIGIT_BITS;
const PASSES = 6;

/** @throws unfit-data naming the first NaN: NaN has no place in an order, and dropping it would hide a defect */
export function refuseNaN(values: ArrayLike<number>, what: string): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) {
      throw new HypersphereError(
        "unfit-data",
        `${what}: value ${i} of ${values.length} is not a number (NaN).`,
        {
          hint: "Find out where the NaN comes from: a score that is not a number has no meaning.",
        },
      );
    }
  }
}

/** A sorted copy, ascending, in double precision. @throws unfit-data on NaN */
export function sortedCopy(values: ArrayLike<number>, what = "values"): Float64Array<ArrayBuffer> {
  refuseNaN(values, what);
  return Float64Array.from(values).sort();
}

/**
 * Indices that put the values in ascending order; equal values keep their order (-0 equals 0).
 * Least-significant-digit radix sort over the IEEE bits for long inputs: linear time, about a quarter of a second for 1e6 values.
 * @throws unfit-data on NaN
 */
export function argsort(values: ArrayLike<number>, what = "values"): Uint32Array<ArrayBuffer> {
  refuseNaN(values, what);
  const n = values.length;
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  if (n < RADIX_FROM) return order.sort((a, b) => compare(values[a]!, values[b]!) || a - b);

  // Doubles order like their bits once the sign is flipped for positive numbers and all bits for negative ones.
  const keys = new Float64Array(n);
  for (let i = 0; i < n; i++) keys[i] = values[i]! + 0;
  const words = new Uint32Array(keys.buffer);
  const low = LITTLE_ENDIAN ? 0 : 1;
  const counts = new Uint32Array(PASSES * BUCKETS);
  for (let i = 0; i < n; i++) {
    let lo = words[2 * i + low]!;
    let hi = words[2 * i + 1 - low]!;
    if (hi >>> 31) {
      lo = ~lo >>> 0;
      hi = ~hi >>> 0;
    } else {
      hi = (hi | 0x80000000) >>> 0;
    }
    words[2 * i] = lo;
    words[2 * i + 1] = hi;
    for (let pass = 0; pass < PASSES; pass++) counts[pass * BUCKETS + digit(lo, hi, pass)]! += 1;
  }
  let from = order;
  let to = new Uint32Array(n);
  for (let pass = 0; pass < PASSES; pass++) {
    const offsets = counts.subarray(pass * BUCKETS, (pass + 1) * BUCKETS);
    // All values share this digit, as the low ones of float32 data do: nothing to move.
    if (offsets[digit(words[0]!, words[1]!, pass)] === n) continue;
    let sum = 0;
    for (let b = 0; b < BUCKETS; b++) {
      const count = offsets[b]!;
      offsets[b] = sum;
      sum += count;
    }
    for (let i = 0; i < n; i++) {
      const index = from[i]!;
      const bucket = digit(words[2 * index]!, words[2 * index + 1]!, pass);
      to[offsets[bucket]!++] = index;
    }
    [from, to] = [to, from];
  }
  return from;
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** 11 bits of the 64-bit key: passes 0-1 from the low word, 2 across both, 3-5 from the high word. */
function digit(lo: number, hi: number, pass: number): number {
  switch (pass) {
    case 0:
      return lo & 2047;
    case 1:
      return (lo >>> 11) & 2047;
    case 2:
      return (lo >>> 22) | ((hi & 1) << 10);
    case 3:
      return (hi >>> 1) & 2047;
    case 4:
      return (hi >>> 12) & 2047;
    default:
      return hi >>> 23;
  }
}

/** Written out because Infinity - Infinity is NaN. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The k-th smallest (k from 0) of `values`, which are rearranged: everything before index k is at most, everything
 * after it at least that value. Quickselect with median of three and three-way partition, so that ties cost nothing.
 * The values must hold no NaN.
 */
export function selectInPlace(values: Float64Array, k: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = medianOfThree(values[left]!, values[(left + right) >>> 1]!, values[right]!);
    let less = left;
    let i = left;
    let greater = right;
    while (i <= greater) {
      const value = values[i]!;
      if (value < pivot) {
        values[i++] = values[less]!;
        values[less++] = value;
      } else if (value > pivot) {
        values[i] = values[greater]!;
        values[greater--] = value;
      } else {
        i++;
      }
    }
    if (k < less) right = less - 1;
    else if (k > greater) left = greater + 1;
    else return values[k]!;
  }
  return values[k]!;
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

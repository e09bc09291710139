/** Sorting of many float32 numbers by their bits: linear time, and no more memory than they take themselves. */

const DIGIT_BITS = 11;
const BUCKETS = 1 << DIGIT_BITS;

/**
 * Numbers of 32 bits that are in the order of the values; equal for equal ones, -0 and 0 among them. Floats order like their
 * bits once the sign is flipped for positive numbers and all bits for negative ones.
 * @param values without NaN
 */
export function orderedBits(values: Float32Array): Uint32Array<ArrayBuffer> {
  // Adding zero makes of -0 the zero that it equals.
  const bits = new Uint32Array(values.map((value) => value + 0).buffer);
  for (let k = 0; k < bits.length; k++) {
    const word = bits[k]!;
    bits[k] = word >>> 31 === 1 ? ~word : word | 0x80000000;
  }
  return bits;
}

/** The value that has these ordered bits. */
export function fromOrderedBits(bits: number): number {
  return new Float32Array(Uint32Array.of(bits >>> 31 === 1 ? bits ^ 0x80000000 : ~bits).buffer)[0]!;
}

/** Numbers of 32 bits, and what goes with each. */
export interface Keyed {
  readonly keys: Uint32Array<ArrayBuffer>;
  readonly carried?: Float64Array<ArrayBuffer> | undefined;
}

/** In ascending order, by a least-significant-digit radix sort. Equal keys keep their order. What is given is overwritten. */
export function sortByKeys({ keys, carried }: Keyed): Keyed {
  let [from, to] = [keys, new Uint32Array(keys.length)];
  let [given, taken] = [carried, carried && new Float64Array(keys.length)];
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    const offsets = new Uint32Array(BUCKETS);
    for (const key of from) offsets[(key >>> shift) & (BUCKETS - 1)]! += 1;
    let sum = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = offsets[bucket]!;
      offsets[bucket] = sum;
      sum += count;
    }
    for (let k = 0; k < from.length; k++) {
      const key = from[k]!;
      const place = offsets[(key >>> shift) & (BUCKETS - 1)]!++;
      to[place] = key;
      if (taken !== undefined) taken[place] = given![k]!;
    }
    [from, to] = [to, from];
    [given, taken] = [taken, given];
  }
  return { keys: from, carried: given };
}

import type { Runtime } from "../runtime/index.js";

/**
 * Steps with at least this many multiplications are shared between threads: convolutions of images, attention. Steps of
 * small networks take longer with two threads than with one. The result is the same to the last bit.
 */
const SHARED_MULTIPLICATIONS = 2e8;

/** @param multiplications of one step */
export const threadsFor = (runtime: Runtime, multiplications: number): number =>
  multiplications >= SHARED_MULTIPLICATIONS ? runtime.cores : 1;

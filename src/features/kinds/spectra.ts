/** What small images hold whatever their place: a second shot, moved a little, has nearly the same. */

import { SIDE } from "./thumbnails.js";

const FREQUENCIES = SIDE / 2 + 1;
/** Fades towards the borders, where a moved image shows something new. */
const WINDOW = Float64Array.from({ length: SIDE }, (_, k) => Math.sin((Math.PI * (k + 0.5)) / SIDE) ** 2);
const COSINES = Float64Array.from({ length: SIDE }, (_, k) => Math.cos((2 * Math.PI * k) / SIDE));
const SINES = Float64Array.from({ length: SIDE }, (_, k) => Math.sin((2 * Math.PI * k) / SIDE));

/** Frequencies of a plane, low before high; those with u = 0 and negative v say what their opposites say. */
const LOW_FIRST = Array.from({ length: FREQUENCIES * SIDE }, (_, at) => ({
  u: at % FREQUENCIES,
  v: Math.floor(at / FREQUENCIES),
}))
  .filter(({ u, v }) => u > 0 || v <= SIDE / 2)
  .map(({ u, v }) => ({ u, v, size: u * u + Math.min(v, SIDE - v) ** 2 }))
  .sort((a, b) => a.size - b.size || a.u - b.u || a.v - b.v);

/** Numbers of `spectrumOf` per channel. */
export const SPECTRUM = LOW_FIRST.length;

/**
 * Magnitudes of the Fourier coefficients of a thumbnail.
 * @param planes [channels, SIDE, SIDE]
 * @returns [SPECTRUM, channels], low frequencies first
 */
export function spectrumOf(planes: Float32Array, channels: number): Float32Array {
  const spectrum = new Float32Array(SPECTRUM * channels);
  for (let channel = 0; channel < channels; channel++) {
    const from = channel * SIDE * SIDE;
    const { real, imaginary } = transform(planes.subarray(from, from + SIDE * SIDE));
    LOW_FIRST.forEach(({ u, v }, k) => {
      const at = v * FREQUENCIES + u;
      spectrum[k * channels + channel] = Math.hypot(real[at]!, imaginary[at]!) / SIDE;
    });
  }
  return spectrum;
}

/** [SIDE, FREQUENCIES]: rows first, then columns. */
function transform(plane: Float32Array): { real: Float64Array; imaginary: Float64Array } {
  const rows = {
    real: new Float64Array(SIDE * FREQUENCIES),
    imaginary: new Float64Array(SIDE * FREQUENCIES),
  };
  const both = {
    real: new Float64Array(SIDE * FREQUENCIES),
    imaginary: new Float64Array(SIDE * FREQUENCIES),
  };
  for (let y = 0; y < SIDE; y++) {
    for (let u = 0; u < FREQUENCIES; u++) {
      for (let x = 0; x < SIDE; x++) {
        const value = plane[y * SIDE + x]! * WINDOW[x]! * WINDOW[y]!;
        rows.real[y * FREQUENCIES + u]! += value * COSINES[(u * x) % SIDE]!;
        rows.imaginary[y * FREQUENCIES + u]! -= value * SINES[(u * x) % SIDE]!;
      }
    }
  }
  for (let v = 0; v < SIDE; v++) {
    for (let u = 0; u < FREQUENCIES; u++) {
      const at = v * FREQUENCIES + u;
      for (let y = 0; y < SIDE; y++) {
        const [re, im] = [rows.real[y * FREQUENCIES + u]!, rows.imaginary[y * FREQUENCIES + u]!];
        const [cos, sin] = [COSINES[(v * y) % SIDE]!, SINES[(v * y) % SIDE]!];
        both.real[at]! += re * cos + im * sin;
        both.imaginary[at]! += im * cos - re * sin;
      }
    }
  }
  return both;
}

/**
 * Cividis, by the polynomials of d3-scale-chromatic: from dark blue over grey to yellow, with a lightness that grows all the
 * way. People who do not tell red from green see the same order as everybody else (Nunez, Anderton and Renslow, "Optimizing
 * colormaps with consideration for color vision deficiency", PLOS ONE 13, 2018).
 */
const POLYNOMIALS: readonly (readonly number[])[] = [
  [-4.54, -35.34, 2381.73, -6402.7, 7024.72, -2710.57],
  [32.49, 170.73, 52.82, -131.46, 176.58, -67.37],
  [81.24, 442.36, -2482.43, 6167.24, -6614.94, 2475.67],
];

/** Steps that colours are told apart in. */
const STEPS = 256;

/** [256, 3] bytes of red, green and blue, from the lowest value to the highest. */
export const COLOUR_MAP: Uint8Array = Uint8Array.from({ length: 3 * STEPS }, (_, k) => {
  const t = Math.floor(k / 3) / (STEPS - 1);
  const value = POLYNOMIALS[k % 3]!.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  return Math.round(Math.min(255, Math.max(0, value)));
});

/** Where the colour of a value begins in `COLOUR_MAP`. @param t from 0 to 1; what is outside counts as the nearer end */
export const colourAt = (t: number): number => 3 * Math.round(Math.min(1, Math.max(0, t)) * (STEPS - 1));

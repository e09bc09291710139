/**
 * Viridis, by Matt Zucker's polynomials (CC0): from violet over teal to yellow, with a lightness that grows all the way. People
 * who do not tell red from green see the same order as everybody else (Smith and van der Walt, "A better default colormap for
 * matplotlib", 2015); and on grey parts it is seen.
 */
const POLYNOMIALS: readonly (readonly number[])[] = [
  [0.27772733, 0.10509304, -0.33086183, -4.6342305, 6.22826994, 4.776385, -5.43545586],
  [0.00540734, 1.40461353, 0.21484756, -5.79910097, 14.17993337, -13.74514538, 4.64585261],
  [0.33409981, 1.38459016, 0.09509516, -19.33244096, 56.6905526, -65.35303263, 26.31243525],
];

/** Steps that colours are told apart in. */
const STEPS = 256;

/** [256, 3] bytes of red, green and blue, from the lowest value to the highest. */
export const COLOUR_MAP: Uint8Array = Uint8Array.from({ length: 3 * STEPS }, (_, k) => {
  const t = Math.floor(k / 3) / (STEPS - 1);
  const share = POLYNOMIALS[k % 3]!.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  return Math.round(255 * Math.min(1, Math.max(0, share)));
});

/** Where the colour of a value begins in `COLOUR_MAP`. @param t from 0 to 1; what is outside counts as the nearer end */
export const colourAt = (t: number): number => 3 * Math.round(Math.min(1, Math.max(0, t)) * (STEPS - 1));

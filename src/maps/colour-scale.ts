/** Which values of a map are coloured: `low` not at all, `high` and above in full. */
export interface ColourScale {
  readonly low: number;
  readonly high: number;
}

/**
 * The scale that shows images of one model alike: the threshold has the middle colour. Maps count standard deviations above
 * what is normal for a pixel, so that 0 is transparent; where the threshold is not above 0, a pixel one deviation below it is.
 */
export function colourScale(threshold: number): ColourScale {
  return threshold > 0 ? { low: 0, high: 2 * threshold } : { low: threshold - 1, high: threshold + 1 };
}

/** Where a value stands on the scale, from 0 to 1. */
export function onScale(value: number, { low, high }: ColourScale): number {
  const t = (value - low) / (high - low);
  return t > 0 ? Math.min(1, t) : 0;
}

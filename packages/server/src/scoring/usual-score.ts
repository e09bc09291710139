import type { Model } from "hypersphere";

/** Median score of held-out normals, which severities are counted from. */
export function usualScore({ calibrationScores: ascending }: Model): number {
  const middle = (ascending.length - 1) / 2;
  return (ascending[Math.floor(middle)]! + ascending[Math.ceil(middle)]!) / 2;
}

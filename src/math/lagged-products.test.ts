import { expect, it } from "vitest";
import { addLaggedProducts } from "./lagged-products.js";
import { createRandom } from "./random.js";

const stream = createRandom(5).stream("pieces");
const noise = (length: number): Float64Array => Float64Array.from({ length }, () => stream.normal());

/** By the definition. */
const direct = (pieces: readonly Float64Array[], lag: number): number =>
  pieces.reduce(
    (total, piece) => piece.reduce((sum, value, k) => (k < lag ? sum : sum + value * piece[k - lag]!), total),
    0,
  );

it.each([
  ["few steps", [7], 3],
  ["more lags than steps", [5, 1, 0], 9],
  ["a long piece", [3000], 700],
  ["long and short ones", [2047, 12, 2048, 1, 900], 600],
] as const)("is the sum by the definition: %s", (_, lengths, lags) => {
  const pieces = lengths.map(noise);
  const sums = new Float64Array(lags + 1).fill(1);
  addLaggedProducts(pieces, sums);
  const energy = direct(pieces, 0);
  for (let lag = 0; lag <= lags; lag++) {
    expect(Math.abs(sums[lag]! - 1 - direct(pieces, lag))).toBeLessThan(1e-12 * Math.max(1, energy));
  }
});

/**
 * Guarantees for series whose rows depend on their neighbours.
 *
 * Rows of a series are NOT exchangeable: a quiet hour is followed by a quiet minute. The other rules take a
 * thousand such rows for a thousand witnesses, and promise too much. Here the witnesses are blocks of consecutive rows,
 * a day or a batch each. The assumption moves, it does not go away: blocks to come must be exchangeable with the
 * calibration blocks, that is, no trend and no season from block to block, blocks long against the memory of the
 * series, and all drawn up in the same way. Rows left out between blocks make it truer; drift breaks it.
 */
import { HypersphereError } from "../../errors.js";
import { calibrationSizeForRate } from "../rules/false-alarms.js";
import { checkOption, checkScores, type Threshold } from "./calibration.js";

/**
 * The least threshold t with (sum over blocks of the share of rows above t, + 1) / (blocks + 1) <= rate: conformal risk
 * control (Angelopoulos, Bates, Fisch, Lei and Schuster 2022). In a further normal block, exchangeable with the
 * calibration blocks, the share of rows flagged is at most rate on average, however the rows within a block depend on
 * each other. The average is over calibration sets and blocks: single bad blocks may flag many of their rows.
 * With blocks of one row this is `falseAlarmsThreshold`.
 *
 * @param scores [rows] of held-out normals
 * @param blockOf [rows] number of the block that a row belongs to; a negative number leaves the row out, as a gap
 *   between blocks
 * @param rate in (0, 1)
 * @returns `expectedFalseAlarmRate` is the bound reached; diagnostics.blocks counts blocks
 * @throws unfit-data with the number of blocks needed, ceil(1 / rate) - 1, when there are fewer
 *
 * @example
 * falseAlarmsByBlocksThreshold(scores, scores.map((_, row) => Math.floor(row / 1440)), 0.05); // a block is a day of minutes
 */
export function falseAlarmsByBlocksThreshold(
  scores: ArrayLike<number>,
  blockOf: ArrayLike<number>,
  rate: number,
): Threshold {
  checkOption(rate, 0, 1, "false-alarms-by-blocks: rate", "open");
  const sizes = blockSizes(scores.length, blockOf);
  const blocks = sizes.size;
  const needed = calibrationSizeForRate(rate);
  if (blocks < needed) {
    throw new HypersphereError(
      "unfit-data",
      `false-alarms-by-blocks: ${blocks} calibration blocks cannot promise a rate of ${rate}; ${needed} are needed.`,
      {
        hint: `Hold out at least ${needed} blocks of normal rows, make blocks shorter, or allow more false alarms.`,
      },
    );
  }
  const kept = Array.from(scores, (_, row) => row).filter((row) => blockOf[row]! >= 0);
  checkScores(
    kept.map((row) => scores[row]!),
    "false-alarms-by-blocks",
  );
  kept.sort((a, b) => scores[b]! - scores[a]!);

  // From the largest score down: rows above it, as counts per size of block, so that equal blocks sum without rounding.
  // The tolerance is for what rounding is left, of rate as well.
  const most = rate * (blocks + 1) * (1 + 1e-12) - 1;
  const above = new Map<number, number>();
  let threshold = scores[kept[0]!]!;
  let risk = 0;
  for (let next = 0; next < kept.length; ) {
    const value = scores[kept[next]!]!;
    const shares = sumOfShares(above);
    if (shares > most) break;
    threshold = value;
    risk = (shares + 1) / (blocks + 1);
    for (; next < kept.length && scores[kept[next]!] === value; next++) {
      const size = sizes.get(blockOf[kept[next]!]!)!;
      above.set(size, (above.get(size) ?? 0) + 1);
    }
  }
  return {
    threshold,
    method: "false-alarms-by-blocks",
    parameters: { rate },
    calibrationSize: kept.length,
    expectedFalseAlarmRate: risk,
    diagnostics: { blocks },
  };
}

function blockSizes(rows: number, blockOf: ArrayLike<number>): Map<number, number> {
  if (blockOf.length !== rows) {
    throw new HypersphereError(
      "unfit-data",
      `false-alarms-by-blocks: blockOf has ${blockOf.length} values, expected one for each of ${rows} scores.`,
    );
  }
  const sizes = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    const block = blockOf[row]!;
    if (Number.isNaN(block)) {
      throw new HypersphereError("unfit-data", `false-alarms-by-blocks: blockOf is NaN at row ${row}.`);
    }
    if (block >= 0) sizes.set(block, (sizes.get(block) ?? 0) + 1);
  }
  return sizes;
}

function sumOfShares(above: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const [size, rows] of above) sum += rows / size;
  return sum;
}

/**
 * The largest score of each block of `blockLength` consecutive rows, [floor(rows / blockLength)]; rows left over at the
 * end make no block. Given to `pValues`, with the sorted maxima of calibration blocks of the same length, they answer
 * "was there anything odd in this block?" with one p-value per block, valid when the blocks are exchangeable.
 * @param blockLength integer from 1
 * @throws invalid-option, unfit-data when a score is NaN or there is no whole block
 */
export function blockMaxima(scores: ArrayLike<number>, blockLength: number): Float64Array<ArrayBuffer> {
  if (!(Number.isSafeInteger(blockLength) && blockLength >= 1)) {
    throw new HypersphereError(
      "invalid-option",
      `blockMaxima: blockLength is ${blockLength}, expected an integer from 1.`,
    );
  }
  const blocks = Math.floor(scores.length / blockLength);
  if (blocks === 0) {
    throw new HypersphereError(
      "unfit-data",
      `blockMaxima: ${scores.length} rows make no block of ${blockLength}.`,
      { hint: "Make blocks shorter, or give more rows." },
    );
  }
  const maxima = new Float64Array(blocks).fill(-Infinity);
  for (let row = 0; row < blocks * blockLength; row++) {
    const score = scores[row]!;
    if (Number.isNaN(score)) throw new HypersphereError("unfit-data", `blockMaxima: score ${row} is NaN.`);
    const block = Math.floor(row / blockLength);
    if (score > maxima[block]!) maxima[block] = score;
  }
  return maxima;
}

import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.js";
import { foldRows, type RowParts, splitRows } from "./hold-out.js";

const choices = { calibrationFraction: 0.2, calibrationFolds: 5, calibrationBlock: 1 };
const random = createRandom(3);

/** Lengths of runs of consecutive rows. */
function runs(rows: Uint32Array): number[] {
  const lengths: number[] = [];
  rows.forEach((row, k) => {
    if (k > 0 && row === rows[k - 1]! + 1) lengths[lengths.length - 1]!++;
    else lengths.push(1);
  });
  return lengths;
}

function expectPartition({ train, validation, calibration }: RowParts, rows: number): void {
  const all = [...train, ...validation, ...calibration].toSorted((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: rows }, (_, row) => row));
  for (const part of [train, validation, calibration]) expect(part).toEqual(part.toSorted());
}

describe("rows held out once", () => {
  it.each([
    [30, 1],
    [100, 1],
    [100, 7],
    [365, 30],
  ])("of %i in blocks of %i: disjoint, all used, about a fifth", (rows, calibrationBlock) => {
    const parts = splitRows(rows, { ...choices, calibrationBlock, validationFraction: 0.1 }, random);
    expectPartition(parts, rows);
    expect(Math.abs(parts.calibration.length - 0.2 * rows)).toBeLessThanOrEqual(calibrationBlock);
    expect(parts.validation.length).toBeGreaterThan(0);
  });

  it("are whole contiguous blocks, whose neighbours in time are not trained on", () => {
    const { calibration, train } = splitRows(1000, { ...choices, calibrationBlock: 24 }, random);
    expect(Math.min(...runs(calibration))).toBeGreaterThanOrEqual(24);
    const trained = new Set(train);
    const besideTraining = calibration.filter((row) => trained.has(row - 1) || trained.has(row + 1));
    // Rows at the ends of a block only.
    expect(besideTraining.length).toBeLessThanOrEqual(2 * Math.ceil(calibration.length / 24));
    const scattered = splitRows(1000, choices, random);
    expect(Math.max(...runs(scattered.calibration))).toBeLessThan(10);
  });

  it("are 10,000 at most, in whole blocks", () => {
    expect(splitRows(200_000, choices, random).calibration).toHaveLength(10_000);
    const { calibration } = splitRows(200_000, { ...choices, calibrationBlock: 4000 }, random);
    expect(calibration).toHaveLength(8000);
  });

  it("follow the seed", () => {
    expect(splitRows(100, choices, createRandom(3))).toEqual(splitRows(100, choices, random));
    expect(splitRows(100, choices, createRandom(4))).not.toEqual(splitRows(100, choices, random));
  });

  it("cannot be blocks as large as half the table", () => {
    expect(() => splitRows(100, { ...choices, calibrationBlock: 60 }, random)).toThrow(
      "calibrationBlock is 60, but 100 rows make only 1 block of that size; at least 2 are needed.",
    );
    const withValidation = { ...choices, calibrationBlock: 50, validationFraction: 0.1 };
    expect(() => splitRows(100, withValidation, random)).toThrow(/2 blocks .* at least 3/);
  });
});

describe("folds", () => {
  it.each([
    [30, 5, 1],
    [101, 5, 1],
    [101, 2, 1],
    [400, 10, 20],
  ])("of %i rows, %i in blocks of %i: each row is held out of exactly one", (rows, folds, block) => {
    const options = { ...choices, calibrationFolds: folds, calibrationBlock: block, validationFraction: 0.1 };
    const split = foldRows(rows, options, random);
    expect(split).toHaveLength(folds);
    for (const parts of split) {
      expectPartition(parts, rows);
      expect(Math.abs(parts.calibration.length - rows / folds)).toBeLessThanOrEqual(block + 1);
      expect(parts.train.length).toBeGreaterThan(0);
      expect(Math.min(...runs(parts.calibration))).toBeGreaterThanOrEqual(block);
    }
    const heldOut = split.flatMap(({ calibration }) => [...calibration]).toSorted((a, b) => a - b);
    expect(heldOut).toEqual(Array.from({ length: rows }, (_, row) => row));
  });

  it("that are too small are refused", () => {
    expect(() => foldRows(30, { ...choices, calibrationFolds: 10 }, random)).toThrow(
      "calibrationFolds is 10, but 30 rows make folds of 3; a fold needs at least 5.",
    );
    expect(() => foldRows(100, { ...choices, calibrationBlock: 30 }, random)).toThrow(
      "calibrationBlock is 30, but 100 rows make only 3 blocks of that size; at least 5 are needed.",
    );
  });
});

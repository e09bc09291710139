import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.js";
import { type ProtocolOptions, protocolSplit } from "./protocol.js";

const oneClass: ProtocolOptions = { protocol: "one-class", maxTrain: 5000, maxTest: 20_000 };
const contaminated: ProtocolOptions = { ...oneClass, protocol: "contaminated" };
const split = (labels: ArrayLike<number>, options: ProtocolOptions, seed = 0) =>
  protocolSplit(labels, createRandom(seed), options);

/** Normal rows with an anomaly now and then, and rows that nobody labelled. */
const labels = Array.from({ length: 211 }, (_, row) => (row % 10 === 3 ? 1 : row % 17 === 5 ? -1 : 0));
const rowsOf = (label: number): number[] => labels.flatMap((value, row) => (value === label ? [row] : []));
const count = (rows: Uint32Array, label: number): number =>
  rows.filter((row) => labels[row] === label).length;

describe("protocolSplit", () => {
  it("one-class: half of the normals train, the other half and all anomalies test", () => {
    const { train, test } = split(labels, oneClass);
    expect(train.length).toBe(Math.floor(rowsOf(0).length / 2));
    expect(count(train, 0)).toBe(train.length);
    expect([...train, ...test].sort((a, b) => a - b)).toEqual(
      [...rowsOf(0), ...rowsOf(1)].sort((a, b) => a - b),
    );
  });

  it("contaminated: 60 % of all labelled rows train, anomalies among them", () => {
    const { train, test } = split(labels, contaminated);
    const labelled = rowsOf(0).length + rowsOf(1).length;
    expect(train.length).toBe(Math.round(0.6 * labelled));
    expect(count(train, 1)).toBeGreaterThan(0);
    expect(count(train, -1) + count(test, -1)).toBe(0);
    expect(train.length + test.length).toBe(labelled);
  });

  it("gives rows in rising order, none of them twice, none on both sides, whatever the labels and caps", () => {
    const kinds = fc.array(fc.constantFrom(0, 0, 0, 1, -1), { minLength: 20, maxLength: 200 });
    const caps = fc.record({
      maxTrain: fc.integer({ min: 1, max: 150 }),
      maxTest: fc.integer({ min: 1, max: 150 }),
    });
    fc.assert(
      fc.property(
        kinds,
        caps,
        fc.constantFrom(oneClass, contaminated),
        fc.nat(5),
        (drawn, limits, base, seed) => {
          let found: ReturnType<typeof split>;
          try {
            found = split(drawn, { ...base, ...limits }, seed);
          } catch (error) {
            expect(error).toMatchObject({ code: "unfit-data" });
            return;
          }
          const { train, test } = found;
          expect(train.length).toBeLessThanOrEqual(limits.maxTrain);
          expect(test.length).toBeLessThanOrEqual(limits.maxTest);
          for (const rows of [train, test])
            expect(rows.every((row, k) => k === 0 || row > rows[k - 1]!)).toBe(true);
          expect(new Set([...train, ...test]).size).toBe(train.length + test.length);
          expect([...train, ...test].every((row) => drawn[row] !== -1)).toBe(true);
          if (base.protocol === "one-class") expect(train.every((row) => drawn[row] === 0)).toBe(true);
        },
      ),
    );
  });

  it("draws as many rows as the caps allow", () => {
    const { train, test } = split(labels, { ...oneClass, maxTrain: 20, maxTest: 70 });
    expect([train.length, test.length]).toEqual([20, 70]);
  });

  it("depends on the seed and on nothing else", () => {
    expect(split(labels, oneClass, 1)).toEqual(split(labels, oneClass, 1));
    expect(split(Int8Array.from(labels), oneClass, 1)).toEqual(split(labels, oneClass, 1));
    expect(split(labels, oneClass, 1).train).not.toEqual(split(labels, oneClass, 2).train);
  });

  it.each([
    ["no anomalies", [0, 0, 0, 0, -1], /no anomalies to test on/],
    ["no normal rows", [1, 1, 1, -1], /no normal rows to test on/],
    ["no labels at all", [-1, -1, -1], /to test on/],
  ])("refuses %s", (_, given, message) => {
    expect(() => split(given, oneClass)).toThrow(message);
    expect(() => split(given, oneClass)).toThrow(expect.objectContaining({ code: "unfit-data" }));
  });
});

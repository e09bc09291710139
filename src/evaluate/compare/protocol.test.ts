import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shots, things } from "../../../test/shots.js";
import {
  type GivenSplit,
  imagesFrom,
  seriesFromTable,
  tableFromColumns,
  windowLabels,
} from "../../data/index.js";
import { kindOf } from "../../features/index.js";
import { createRandom } from "../../math/random.js";
import { dealtTogether, type ProtocolOptions, protocolSplit } from "./protocol.js";

const oneClass: ProtocolOptions = { protocol: "one-class", maxTrain: 5000, maxTest: 20_000 };
const contaminated: ProtocolOptions = { ...oneClass, protocol: "contaminated" };
const split = (labels: ArrayLike<number>, options: ProtocolOptions, seed = 0) =>
  protocolSplit({ data: tableOf(labels.length), labels, split: undefined }, seed, options);
const tableOf = (rows: number) => tableFromColumns({ a: new Float64Array(rows) });

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

describe("rows of a table", () => {
  it("are drawn as before version 0.2: by a permutation of the rows, whole or of the normal ones", () => {
    const rows = rowsOf(0);
    const stream = createRandom(3).stream("protocol", "one-class");
    const order = stream.permutation(rows.length);
    const half = Math.floor(rows.length / 2);
    const train = Array.from(order.subarray(0, half), (k) => rows[k]!).sort((a, b) => a - b);
    expect(Array.from(split(labels, oneClass, 3).train)).toEqual(train);
    const capped = stream.sample(train.length, 20);
    expect(Array.from(split(labels, { ...oneClass, maxTrain: 20 }, 3).train)).toEqual(
      Array.from(capped, (k) => train[k]!).sort((a, b) => a - b),
    );
  });
});

describe("the split that the data came with", () => {
  const given: ProtocolOptions = { ...oneClass, protocol: "given" };
  const parts: GivenSplit = {
    train: Uint32Array.from({ length: 100 }, (_, row) => row),
    test: Uint32Array.from({ length: 111 }, (_, row) => row + 100),
  };
  const data = tableOf(labels.length);

  it("trains on the normals of its training part and tests on what is labelled in its test part", () => {
    const { train, test } = protocolSplit({ data, labels, split: parts }, 0, given);
    expect(Array.from(train)).toEqual(rowsOf(0).filter((row) => row < 100));
    expect(Array.from(test)).toEqual(
      [...rowsOf(0), ...rowsOf(1)].filter((row) => row >= 100).sort((a, b) => a - b),
    );
  });

  it("obeys the caps", () => {
    const capped = protocolSplit({ data, labels, split: parts }, 0, { ...given, maxTrain: 30, maxTest: 40 });
    expect([capped.train.length, capped.test.length]).toEqual([30, 40]);
    expect(capped.train.every((row) => row < 100)).toBe(true);
  });

  it("has to be there, with normal rows to train on", () => {
    expect(() => protocolSplit({ data, labels, split: undefined }, 0, given)).toThrow(
      expect.objectContaining({
        code: "invalid-option",
        message: expect.stringContaining("has no split of its own"),
        hint: expect.stringContaining("train/ and test/"),
      }),
    );
    const odd = { train: Uint32Array.from(rowsOf(1).slice(0, 3)), test: parts.test };
    expect(() => protocolSplit({ data, labels, split: odd }, 0, given)).toThrow(/no rows to train on/);
  });
});

describe("windows that share time steps", () => {
  const steps = 3000;
  const odd = (step: number): boolean => step % 700 >= 650 && step % 700 < 670;
  const table = tableFromColumns({ level: Array.from({ length: steps }, (_, step) => Math.sin(step)) });
  const data = seriesFromTable(table, { window: 30, stride: 5 });
  const own = windowLabels(
    data,
    Array.from({ length: steps }, (_, step) => Number(odd(step))),
  );

  it.each([oneClass, { ...oneClass, protocol: "contaminated" as const }])(
    "never stand on both sides ($protocol)",
    (options) => {
      for (const seed of [0, 1, 2]) {
        const { train, test } = protocolSplit({ data, labels: own, split: undefined }, seed, options);
        const covered = new Uint8Array(steps);
        for (const row of test) covered.fill(1, data.starts[row]!, data.starts[row]! + 30);
        for (const row of train) {
          const shared = covered.subarray(data.starts[row]!, data.starts[row]! + 30).includes(1);
          expect(shared, `window ${row}`).toBe(false);
        }
        expect(train.length).toBeGreaterThan(0.25 * data.rowCount);
        expect(new Set(Array.from(test, (row) => own[row]))).toEqual(new Set([0, 1]));
        if (options.protocol === "one-class") expect(train.every((row) => own[row] === 0)).toBe(true);
      }
    },
  );

  it("are dealt out in blocks: training windows have their neighbours with them", () => {
    const { train } = protocolSplit({ data, labels: own, split: undefined }, 0, oneClass);
    const neighbours = train.filter((row, k) => train[k + 1] === row + 1).length;
    expect(neighbours / train.length).toBeGreaterThan(0.9);
    expect(kindOf(data).overlap(data)).toBe(5);
  });

  it("that leave none to train on are refused", () => {
    const dense = seriesFromTable(table, { window: 2900, stride: 1 });
    const half = Int8Array.from(dense.starts, (start) => (start > 80 ? 1 : 0));
    expect(() => protocolSplit({ data: dense, labels: half, split: undefined }, 0, oneClass)).toThrow(
      expect.objectContaining({
        code: "unfit-data",
        message: "There are no windows to train on.",
        hint: expect.stringContaining("larger stride"),
      }),
    );
  });
});

describe("several photographs of each thing", () => {
  const random = createRandom(1).stream("shots");
  const { images, thing } = shots(things(60, random), random, 3, 2);
  const samples = {
    data: imagesFrom(images),
    labels: thing.map((number) => (number % 6 === 5 ? 1 : 0)),
    split: undefined,
  };
  const onBothSides = ({ train, test }: ReturnType<typeof protocolSplit>): number => {
    const trained = new Set(Array.from(train, (row) => thing[row]));
    return new Set(Array.from(test, (row) => thing[row]).filter((number) => trained.has(number))).size;
  };

  it.each([oneClass, contaminated])("stand on one side of the draw ($protocol)", async (options) => {
    const groups = await dealtTogether(samples, options.protocol);
    for (const seed of [0, 1, 2]) {
      const { train, test } = protocolSplit(samples, seed, options, groups);
      expect(onBothSides({ train, test })).toBeLessThanOrEqual(1);
      expect(onBothSides(protocolSplit(samples, seed, options))).toBeGreaterThan(10);
      expect(train.length + test.length).toBe(images.length);
      expect(train.length / images.length).toBeGreaterThan(options === oneClass ? 0.33 : 0.5);
    }
  });

  it("stay where the data set's own split has them", async () => {
    expect(await dealtTogether(samples, "given")).toBeUndefined();
  });
});

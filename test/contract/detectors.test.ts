/**
 * What every detector in the registry promises of its options and on tables. A new one is tested by being registered.
 * What holds on every kind of data is in `kinds.test.ts`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selectColumns, selectRows, type Table, tableFromColumns } from "../../src/data/index.js";
import { type Detector, type DetectorEntry, detectors } from "../../src/detectors/registry.js";
import { loadModel } from "../../src/index.js";
import { writeFileAtomic } from "../../src/io/write-file.js";
import { createRandom, type RandomStream } from "../../src/math/random.js";
import { auroc } from "../../src/metrics/index.js";
import type { FitOptions } from "../../src/model/contract.js";
import { Model } from "../../src/model/index.js";
import { provideBackend, type Runtime } from "../../src/runtime/index.js";
import { loadNativeRuntime } from "../../src/runtime/node/native.js";
import { loadWasmRuntime } from "../../src/runtime/web/wasm.js";
import { detectorsOf, fastOptions } from "./fast.js";
import { machine } from "./plants.js";

let native: Runtime;
let wasm: Runtime;
const provide = (runtime: Runtime): void =>
  provideBackend({
    cores: 1,
    inline: async () => runtime,
    open: async (count) => Array(count).fill(runtime),
    writeFile: (path, bytes, { force }) => writeFileAtomic(path, bytes, { force }),
  });
beforeAll(async () => {
  native = await loadNativeRuntime();
  wasm = await loadWasmRuntime();
  provide(native);
});
afterAll(async () => {
  await native.close();
  await wasm.close();
});

const random = createRandom("contract");
const training = machine(400, random.stream("training"));
const fresh = machine(1500, random.stream("fresh"));
const shifted = machine(200, random.stream("shifted"), 4);

/** What detectors are told that do not learn from normal rows alone: rows all over a space much larger than theirs. */
const TOLD: Readonly<Record<string, (data: Table) => FitOptions>> = {
  hsc: (data) => ({ outliers: scattered(data) }),
};

function scattered({ columns, rowCount }: Table): Table {
  const stream = random.stream("scattered");
  return tableFromColumns(
    Object.fromEntries(
      columns.map((column) => {
        if (column.kind === "categorical") {
          return [
            column.name,
            Array.from(column.codes, () => column.levels[stream.int(column.levels.length)]!),
          ];
        }
        const values = Array.from(column.values).filter(Number.isFinite);
        const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
        const reach = 4 * Math.max(...values.map((value) => Math.abs(value - middle)));
        return [
          column.name,
          Float64Array.from({ length: rowCount }, () => middle + reach * (2 * stream.uniform() - 1)),
        ];
      }),
    ),
  );
}

const sameBytes = (a: Model, b: Model): boolean => Buffer.compare(a.toBytes(), b.toBytes()) === 0;
const failure = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
};

it("knows detectors by the names that they have", () => {
  expect(Object.keys(detectors)).toContain("deep-svdd");
  for (const [name, entry] of Object.entries(detectors)) expect(entry.name).toBe(name);
});

describe.each(detectorsOf("table"))("$name", (entry: DetectorEntry) => {
  const create = (options: Record<string, unknown> = {}): Detector => {
    const detector = entry.create({ ...fastOptions(entry), ...options });
    const told = TOLD[entry.name];
    if (told === undefined) return detector;
    return {
      options: detector.options,
      fit: (data, fitOptions) => detector.fit(data, { ...told(data as Table), ...fitOptions }),
    };
  };
  const keys = Object.keys(entry.options.shape);
  let model: Model;
  beforeAll(async () => {
    model = await create().fit(training);
  });

  it("writes no operator that strangers' models are refused for", async () => {
    const { scores } = await model.score(fresh);
    const strange = await Model.fromBytes(model.toBytes(), { trusted: false });
    expect((await strange.score(fresh)).scores).toEqual(scores);
    await strange.close();
  });

  describe("options", () => {
    it("are described, each with a default or optional", () => {
      expect(entry.title).toMatch(/^\S.*[^.]$/);
      expect(entry.create({}).options).toBeDefined();
      for (const key of keys) expect(entry.options.shape[key]!.description, key).toMatch(/\S/);
    });

    it("that do not exist are refused, with the one that was meant", () => {
      const key = keys.find((name) => name.length > 5)!;
      const error = failure(() => create({ [`${key}x`]: 1 }));
      expect(error).toMatchObject({
        code: "invalid-option",
        message: `There is no option "${key}x".`,
        hint: `Did you mean "${key}"?`,
      });
    });

    it.each(keys)("%s of a kind that makes no sense is refused by its name", (key) => {
      const error = failure(() => create({ [key]: { no: "sense" } }));
      expect(error).toMatchObject({ code: "invalid-option", message: expect.stringContaining(key) });
    });

    it.each([
      ["percentile", 100],
      ["percentile", 0],
      ["calibrationFraction", 1],
      ["seed", -1],
      ["seed", 0.5],
    ])("%s out of range (%d) is refused with the value", (key, value) => {
      if (!keys.includes(key)) return;
      const error = failure(() => create({ [key]: value }));
      expect(error).toMatchObject({
        code: "invalid-option",
        message: expect.stringMatching(new RegExp(`^${key} is ${value}: `)),
      });
    });

    it("are what a detector is made of: fits leave them as they were, and forget each other", async () => {
      const detector = create();
      const options = structuredClone(detector.options);
      await detector.fit(machine(100, random.stream("other"), 2));
      const again = await detector.fit(training);
      expect(detector.options).toEqual(options);
      expect(sameBytes(again, model)).toBe(true);
    });

    it("are recorded in the model, complete: they make the same detector again", () => {
      expect(model.card.detector).toBe(entry.name);
      expect(entry.create({ ...model.card.options }).options).toEqual(create().options);
    });
  });

  describe("a fitted model", () => {
    it("scores normals and shifted rows with finite numbers, shifted ones higher", async () => {
      const normal = await model.score(fresh);
      const abnormal = await model.score(shifted);
      const scores = [...normal.scores, ...abnormal.scores];
      expect(scores.every(Number.isFinite)).toBe(true);
      const labels = scores.map((_, k) => (k < fresh.rowCount ? 0 : 1));
      expect(auroc(labels, scores)).toBeGreaterThan(0.95);
      expect(abnormal.isAnomaly.filter((flag) => flag === 1).length).toBeGreaterThan(0.5 * shifted.rowCount);
    });

    it("answers p-values in (0, 1], small ones for shifted rows", async () => {
      const { pValues } = await model.score(fresh);
      expect(pValues.every((p) => p > 0 && p <= 1)).toBe(true);
      const { pValues: small } = await model.score(shifted);
      expect(small.toSorted()[shifted.rowCount / 2]).toBeLessThan(0.1);
    });

    it("raises about as many false alarms on fresh normals as its percentile says", async () => {
      const { isAnomaly } = await model.score(fresh);
      const rate = isAnomaly.reduce((sum, flag) => sum + flag, 0) / fresh.rowCount;
      // 80 calibration rows: the true rate of their 95th percentile spreads by 0.024 around 0.05.
      expect(rate).toBeGreaterThan(0.005);
      expect(rate).toBeLessThan(0.13);
    });

    it("has a card that nobody can write to", () => {
      expect(Object.isFrozen(model.card)).toBe(true);
      expect(Object.isFrozen(model.card.options)).toBe(true);
    });

    it("comes back from a file as it was", async () => {
      const folder = await mkdtemp(join(tmpdir(), "hypersphere-test-"));
      try {
        const path = join(folder, "model.onnx");
        await model.save(path);
        provide(native);
        const loaded = await loadModel(path);
        expect(sameBytes(loaded, model)).toBe(true);
        expect(await loaded.score(fresh)).toEqual(await model.score(fresh));
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it("finds columns by name, in any order, and ignores others", async () => {
      const names = fresh.columns.map(({ name }) => name);
      const mixed = selectColumns(fresh, names.toReversed());
      const extra = { ...mixed, columns: [{ ...fresh.columns[0]!, name: "extra" }, ...mixed.columns] };
      expect((await model.score(extra)).scores).toEqual((await model.score(fresh)).scores);
    });

    it("lives with missing values, unknown categories and values of 1e30", async () => {
      const odd = tableFromColumns({
        a: [null, 20, 1e30, null],
        b: [500, null, 500, null],
        c: [0, null, 0, null],
        d: [7, 7, -1e30, null],
        mode: ["high", "unheard of", "low", null],
      });
      const { scores, pValues, isAnomaly } = await model.score(odd);
      expect(scores.every(Number.isFinite)).toBe(true);
      expect(pValues.every((p) => p > 0 && p <= 1)).toBe(true);
      expect(isAnomaly[2]).toBe(1);
    });

    it("scores the same in WebAssembly", async () => {
      const rows = selectRows(
        fresh,
        Uint32Array.from({ length: 200 }, (_, k) => k),
      );
      const { scores: wanted } = await model.score(rows);
      const unit = wanted.reduce((sum, score) => sum + Math.abs(score), 0) / wanted.length;
      provide(wasm);
      try {
        const { scores } = await model.score(rows);
        scores.forEach((score, row) => {
          expect(Math.abs(score - wanted[row]!)).toBeLessThanOrEqual(
            1e-5 * Math.max(unit, Math.abs(wanted[row]!)),
          );
        });
      } finally {
        provide(native);
      }
    });
  });

  describe("fitting", () => {
    const some = (count: number): Table => machine(count, random.stream("some", count));

    it("takes 30 rows", async () => {
      const { scores } = await (await create().fit(some(30))).score(fresh);
      expect(scores.every(Number.isFinite)).toBe(true);
    });

    it("refuses 29", async () => {
      await expect(create().fit(some(29))).rejects.toMatchObject({
        code: "unfit-data",
        message: "plant.csv has 29 rows; training needs at least 30.",
      });
    });

    it("refuses rows that are all the same", async () => {
      const same = tableFromColumns({ a: new Float64Array(50).fill(1), b: Array(50).fill("x") });
      await expect(create().fit(same)).rejects.toMatchObject({ code: "unfit-data" });
    });

    it("takes a single numeric column", async () => {
      const fitted = await create().fit(selectColumns(training, ["a"]));
      const { scores } = await fitted.score(tableFromColumns({ a: [20, 200] }));
      expect(scores[1]).toBeGreaterThan(scores[0]!);
    });

    it("takes columns of categories only", async () => {
      const texts = (stream: RandomStream, levels: readonly string[]): string[] =>
        Array.from(
          { length: 200 },
          () => levels[Math.min(stream.int(levels.length), stream.int(levels.length))]!,
        );
      const coded = tableFromColumns({
        mode: texts(random.stream("mode"), ["run", "idle", "stop"]),
        shift: texts(random.stream("shift"), ["day", "night"]),
      });
      const { scores } = await (await create().fit(coded)).score(coded);
      expect(scores.every(Number.isFinite)).toBe(true);
    });

    it("takes rows with missing values", async () => {
      const holes = training.columns.map((column, k) =>
        column.kind === "numeric"
          ? {
              ...column,
              values: column.values.map((value, row) => ((row + k) % 9 === 0 ? Number.NaN : value)),
            }
          : { ...column, codes: column.codes.map((code, row) => (row % 11 === 0 ? -1 : code)) },
      );
      const { scores } = await (await create().fit({ ...training, columns: holes })).score(fresh);
      expect(scores.every(Number.isFinite)).toBe(true);
    });

    it("refuses an infinite value with its place", async () => {
      const a = Float64Array.from({ length: 60 }, (_, row) => (row === 41 ? Number.POSITIVE_INFINITY : row));
      await expect(create().fit(tableFromColumns({ a }))).rejects.toMatchObject({
        code: "unfit-data",
        message: expect.stringMatching(/column "a" holds Infinity in data row 42/),
      });
    });

    it("does not begin when it was stopped before", async () => {
      await expect(create().fit(training, { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: "aborted",
      });
    });
  });
});

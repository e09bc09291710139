/** What every detector in the registry promises. A new one is tested by being registered. */
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
import type { FitOptions, Progress } from "../../src/model/contract.js";
import type { Model } from "../../src/model/index.js";
import { provideBackend, type Runtime } from "../../src/runtime/index.js";
import { loadNativeRuntime } from "../../src/runtime/node/native.js";
import { loadWasmRuntime } from "../../src/runtime/web/wasm.js";

/** Settings that make slow detectors fast. Promises must hold for any; detectors without an entry keep their defaults. */
const FAST: Readonly<Record<string, Record<string, unknown>>> = {
  autoencoder: { members: 1, hiddenDims: [32], steps: 300 },
  "deep-sad": { members: 2, hiddenDims: [32], latentDim: 16, pretrainSteps: 60, steps: 60 },
  "deep-svdd": { members: 2, hiddenDims: [32], latentDim: 16, pretrainSteps: 60, steps: 60 },
  drocc: { hiddenDims: [32], latentDim: 32, steps: 100 },
  hsc: { members: 2, hiddenDims: [32], latentDim: 16, steps: 200 },
  "multi-scale": { members: 2, hiddenDims: [32], latentDim: 16, pretrainSteps: 60, steps: 60 },
};

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

/** Four sensors that follow two hidden causes, and a mode of operation; `shift` moves the sensors from each other. */
function plant(rowCount: number, stream: RandomStream, shift = 0): Table {
  const columns = {
    a: new Float64Array(rowCount),
    b: new Float64Array(rowCount),
    c: new Float64Array(rowCount),
  };
  const d = new Float64Array(rowCount);
  const mode: string[] = [];
  for (let row = 0; row < rowCount; row++) {
    const [load, heat] = [stream.normal(), stream.normal()];
    columns.a[row] = 20 + 3 * load + 0.3 * stream.normal() + 3 * shift;
    columns.b[row] = 500 - 40 * load + 4 * stream.normal() + 40 * shift;
    columns.c[row] = 0.02 * heat + 0.002 * stream.normal() - 0.02 * shift;
    d[row] = 7 + heat + load + 0.1 * stream.normal() + shift;
    mode.push(load > 0 ? "high" : "low");
  }
  return tableFromColumns({ ...columns, d, mode }, "plant.csv");
}

const random = createRandom("contract");
const training = plant(400, random.stream("training"));
const fresh = plant(1500, random.stream("fresh"));
const shifted = plant(200, random.stream("shifted"), 4);

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

it("has fast settings for detectors that exist only", () => {
  for (const name of Object.keys(FAST)) expect(Object.keys(detectors)).toContain(name);
});

describe.each(Object.values(detectors))("$name", (entry: DetectorEntry) => {
  const create = (options: Record<string, unknown> = {}): Detector => {
    const detector = entry.create({ ...FAST[entry.name], ...options });
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
      await detector.fit(plant(100, random.stream("other"), 2));
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

    it("tells rows apart: most scores are distinct", async () => {
      const { scores } = await model.score(fresh);
      expect(new Set(scores).size).toBeGreaterThan(0.5 * fresh.rowCount);
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

    it("is the same, byte for byte, for the same seed and data", async () => {
      expect(sameBytes(await create().fit(training), model)).toBe(true);
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
    const some = (count: number): Table => plant(count, random.stream("some", count));

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

    it("tells its progress, which never goes back", async () => {
      const seen: Progress[] = [];
      await create().fit(training, { onProgress: (progress) => seen.push(progress) });
      const fractions = seen.map(({ fraction }) => fraction);
      expect(fractions[0]).toBe(0);
      expect(fractions.at(-1)).toBe(1);
      expect(fractions).toEqual(fractions.toSorted((x, y) => x - y));
    });

    it("stops where it is told to, before it begins and in the middle", async () => {
      await expect(create().fit(training, { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: "aborted",
      });
      const stop = new AbortController();
      const fitting = create().fit(training, { signal: stop.signal, onProgress: () => stop.abort() });
      await expect(fitting).rejects.toMatchObject({ code: "aborted" });
    });
  });
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { settledReading, type Table, tableFromColumns } from "../data/index.js";
import { columnSchema, fitFeatureSchema, RawValues } from "../features/index.js";
import { add, Graph, serialize, square, sum, type Tensor } from "../graph/index.js";
import { writeFileAtomic } from "../io/write-file.js";
import { createRandom } from "../math/random.js";
import { provideBackend, type Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { loadWasmRuntime } from "../runtime/web/wasm.js";
import { percentileThreshold, pValues } from "../scoring/index.js";
import { buildModel, scoringModel, sealModel } from "./build.js";
import { MODEL_FORMAT, type ModelCard } from "./card.js";
import { Model } from "./model.js";

/** Scores a row by the square of its distance to the mean: enough of a detector for everything around it. */
const scorer = {
  score: (features: Tensor): Tensor => sum(square(features), [1]),
  training: { curve: [3, 2, 1] },
};
const untrained = { score: (features: Tensor): Tensor => sum(square(add(features, 1)), [1]) };

let native: Runtime;
let wasm: Runtime;
let training: Table;
let card: ModelCard;
let calibration: Float32Array;
let model: Model;

const provide = (runtime: Runtime): void =>
  provideBackend({
    cores: 1,
    inline: async () => runtime,
    open: async (count) => Array(count).fill(runtime),
    writeFile: (path, bytes, { force }) => writeFileAtomic(path, bytes, { force }),
  });

function plant(rowCount: number, seed: number): Table {
  const random = createRandom(seed).stream("plant");
  const modes = ["run", "idle", "stop"];
  return tableFromColumns(
    {
      temperature: Float64Array.from({ length: rowCount }, () => 60 + 5 * random.normal()),
      pressure: Float64Array.from({ length: rowCount }, () => 1e5 + 200 * random.normal()),
      mode: Array.from({ length: rowCount }, () => modes[random.int(3)]!),
    },
    "plant.csv",
  );
}

beforeAll(async () => {
  native = await loadNativeRuntime();
  wasm = await loadWasmRuntime();
  provide(native);
  training = plant(200, 1);
  const first = Uint32Array.from({ length: 150 }, (_, k) => k);
  const schema = { kind: "table", ...fitFeatureSchema(training, first, "standard") } as const;
  const rows = Uint32Array.from({ length: 50 }, (_, k) => 150 + k);
  const session = await native.createSession(scoringModel(schema, scorer));
  const { score } = await session.run(new RawValues(training, schema).slice(0, 50, rows));
  calibration = (score!.data as Float32Array).toSorted();
  card = {
    format: MODEL_FORMAT,
    detector: "distance",
    options: { seed: 1 },
    versions: { hypersphere: "0", onnxruntime: native.version, runtime: native.kind },
    data: { rows: 200, train: 150, validation: 0, calibration: 50, fingerprint: "" },
    reading: settledReading({}),
    schema,
    training: scorer.training,
    threshold: percentileThreshold(calibration, 90),
    operatingPoints: {},
  } as ModelCard;
  const bytes = await buildModel({ scorer, card, calibration, untrained: scoringModel(schema, untrained) });
  model = await Model.fromBytes(bytes);
});

afterAll(async () => {
  provide(native);
  await native.close();
  await wasm.close();
});

describe("a model's file", () => {
  it("gives back the model: card, scores, control and calibration scores", async () => {
    const again = await Model.fromBytes(model.toBytes());
    const today = plant(20, 2);
    expect(again.card).toEqual(JSON.parse(JSON.stringify(model.card)));
    expect(again.card).toMatchObject(JSON.parse(JSON.stringify(card)));
    expect(await again.score(today)).toEqual(await model.score(today));
    expect(await again.untrainedScores(today)).toEqual(await model.untrainedScores(today));
    expect(again.calibrationScores).toEqual(calibration);
    expect(again.toBytes()).toEqual(model.toBytes());
  });

  it("is written whole, and not over another without `force`", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hypersphere-test-"));
    try {
      const path = join(folder, "plant.onnx");
      await model.save(path);
      await expect(model.save(path)).rejects.toMatchObject({ code: "file-exists" });
      await model.save(path, { force: true });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is not scored with options that do not exist", async () => {
    const given = { percentil: 99 } as object;
    const refused = {
      code: "invalid-option",
      message: 'There is no option "percentil" of scoring.',
      hint: 'Did you mean "percentile"?',
    };
    await expect(model.score(plant(3, 2), given)).rejects.toMatchObject(refused);
    await expect(model.untrainedScores(plant(3, 2), given)).rejects.toMatchObject(refused);
    // What is undefined was not given.
    await model.score(plant(3, 2), { percentil: undefined } as object);
  });

  it("is refused after any change of any byte", async () => {
    const bytes = model.toBytes();
    const accepted: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << (at % 8);
      await Model.fromBytes(changed).then(
        () => accepted.push(at),
        (error) => expect(error, `byte ${at}`).toMatchObject({ code: "invalid-model" }),
      );
    }
    expect(accepted).toEqual([]);
  });

  it("is refused wherever it is cut off", async () => {
    const bytes = model.toBytes();
    for (let length = 0; length < bytes.length; length += 7) {
      const cut = Model.fromBytes(bytes.subarray(0, length));
      await expect(cut, `${length} bytes`).rejects.toMatchObject({ code: "invalid-model" });
    }
  });

  it("is refused with something appended that ONNX would merge into it", async () => {
    const bytes = model.toBytes();
    // A second GraphProto (field 7) with a name: protobuf merges it into the first one.
    const appended = Uint8Array.of(...bytes, (7 << 3) | 2, 3, (2 << 3) | 2, 1, 65);
    await expect(Model.fromBytes(appended)).rejects.toMatchObject({ code: "invalid-model" });
  });

  it("of others is told apart", async () => {
    const graph = new Graph();
    graph.output("y", square(graph.input("x", "float32", ["rows"])));
    await expect(Model.fromBytes(serialize(graph))).rejects.toMatchObject({
      code: "invalid-model",
      message: "This is an ONNX model, but not one that hypersphere wrote.",
    });
    const text = new TextEncoder().encode("temperature,pressure\n20,1\n");
    await expect(Model.fromBytes(text)).rejects.toMatchObject({ code: "invalid-model" });
    await expect(Model.fromBytes(new Uint8Array())).rejects.toMatchObject({ code: "invalid-model" });
  });

  it("of another layout version says so", async () => {
    const later = { ...card, format: MODEL_FORMAT + 1 } as unknown as ModelCard;
    const sealed = await sealModel(model.toBytes(), later, undefined);
    await expect(Model.fromBytes(sealed)).rejects.toMatchObject({
      code: "invalid-model",
      message: `The model file has layout version ${MODEL_FORMAT + 1}; this version of hypersphere reads ${MODEL_FORMAT}.`,
    });
  });
});

describe("a model", () => {
  it("does not change when the bytes that it was read from do, nor those that it gave away", async () => {
    const today = plant(5, 3);
    const before = await model.score(today);
    for (const bytes of [model.toBytes(), Buffer.from(model.toBytes())]) {
      const read = await Model.fromBytes(bytes);
      bytes.fill(0);
      read.toBytes().fill(0);
      read.calibrationScores.fill(0);
      expect(await read.score(today)).toEqual(before);
      expect(await read.score(today, { percentile: 50 })).toEqual(
        await model.score(today, { percentile: 50 }),
      );
      expect(read.toBytes()).toEqual(model.toBytes());
    }
  });

  it("has a card that cannot be written to", () => {
    expect(() => Object.assign(model.card.threshold, { threshold: 0 })).toThrow(TypeError);
    expect(() => Object.assign(columnSchema(model.card.schema)!.numeric[0]!, { fill: 0 })).toThrow(TypeError);
  });

  it("answers p-values and decisions that follow from its calibration scores", async () => {
    const { scores, pValues: p, isAnomaly, threshold } = await model.score(plant(100, 4));
    expect(threshold).toBe(Math.fround(card.threshold.threshold));
    expect(p).toEqual(Float32Array.from(pValues(calibration, scores)));
    expect(isAnomaly).toEqual(Uint8Array.from(scores, (score) => (score > threshold ? 1 : 0)));
  });

  it("answers the same in WebAssembly to 1e-5", async () => {
    const today = plant(300, 5);
    const wanted = await model.score(today);
    const control = await model.untrainedScores(today);
    provide(wasm);
    const got = await model.score(today);
    const gotControl = await model.untrainedScores(today);
    provide(native);
    wanted.scores.forEach((score, row) => {
      expect(Math.abs(got.scores[row]! - score)).toBeLessThanOrEqual(1e-5 * score);
      expect(Math.abs(gotControl![row]! - control![row]!)).toBeLessThanOrEqual(1e-5 * control![row]!);
    });
    const near = wanted.scores.map((score) => Math.abs(score / wanted.threshold - 1));
    got.isAnomaly.forEach((flag, row) => {
      if (near[row]! > 1e-5) expect(flag).toBe(wanted.isAnomaly[row]);
    });
  });

  it("scores rows one by one as it does together", async () => {
    const today = plant(9, 6);
    const { scores } = await model.score(today);
    for (let row = 0; row < 9; row++) {
      const columns = today.columns.map((column) =>
        column.kind === "numeric"
          ? { ...column, values: column.values.slice(row, row + 1) }
          : { ...column, codes: column.codes.slice(row, row + 1) },
      );
      const one = await model.score({ ...today, rowCount: 1, columns });
      expect(one.scores[0]).toBeCloseTo(scores[row]!, 5);
    }
  });

  it("tells its progress to the end and stops where it is told to", async () => {
    const fractions: number[] = [];
    await model.score(plant(10, 7), { onProgress: (fraction) => fractions.push(fraction) });
    expect(fractions.at(-1)).toBe(1);
    const stopped = model.score(plant(10, 7), { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("another rule for decisions", () => {
  it("may be a threshold, at the float32 that scores are compared with", async () => {
    const today = plant(50, 8);
    const { scores } = await model.score(today);
    const middle = scores.toSorted()[25]!;
    const { isAnomaly, threshold } = await model.score(today, { threshold: middle });
    expect(threshold).toBe(middle);
    expect(isAnomaly).toEqual(Uint8Array.from(scores, (score) => (score > middle ? 1 : 0)));
    expect((await model.score(today, { threshold: 0.1 })).threshold).toBe(Math.fround(0.1));
  });

  it("may be a percentile of the calibration scores", async () => {
    const { threshold } = await model.score(training, { percentile: 50 });
    expect(threshold).toBe(Math.fround(percentileThreshold(calibration, 50).threshold));
  });

  it("may be stored, in force or under a name, without touching scores or the first model", async () => {
    const today = plant(50, 9);
    const strict = percentileThreshold(calibration, 99);
    const night = await model.withThreshold(strict, { name: "night" });
    const always = await model.withThreshold(strict);
    const usual = await model.score(today);
    expect(await night.score(today)).toEqual(usual);
    expect(await night.score(today, { operatingPoint: "night" })).toEqual(await always.score(today));
    expect((await always.score(today)).threshold).toBe(Math.fround(strict.threshold));
    expect((await always.score(today)).scores).toEqual(usual.scores);
    expect(model.card.operatingPoints).toEqual({});
    expect((await Model.fromBytes(night.toBytes())).card.operatingPoints).toEqual({ night: strict });
  });

  it.each([
    [{ percentile: 0 }, /percentile is 0/],
    [{ percentile: 100 }, /percentile is 100/],
    [{ percentile: Number.NaN }, /percentile is NaN/],
    [{ threshold: Number.POSITIVE_INFINITY }, /threshold is Infinity/],
    [{ threshold: 1, percentile: 50 }, /exclude each other/],
    [{ operatingPoint: "dawn" }, /no operating point "dawn"/],
    [{ operatingPoint: "toString" }, /no operating point "toString"/],
  ])("is refused where it makes no sense: %o", async (options, message) => {
    const refused = model.score(training, options);
    await expect(refused).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(message),
    });
  });
});

describe("rows unlike those of training", () => {
  it("with missing values, unseen categories and values of 1e30 get finite scores", async () => {
    const {
      scores,
      pValues: p,
      notes,
    } = await model.score(
      tableFromColumns({
        temperature: [60, null, 1e30, -1e300],
        pressure: [1e5, null, 1e5, 1e5],
        mode: ["run", null, "new", "run"],
      }),
    );
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(scores[2]).toBeGreaterThan(1e9);
    expect(scores[3]).toBeGreaterThan(1e9);
    expect(p[3]).toBe(Math.fround(1 / 51));
    expect(notes.unseen).toEqual({ mode: { cells: 1, example: "new" } });
  });
});

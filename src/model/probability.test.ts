import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableFromColumns } from "../data/index.js";
import { fitFeatureSchema } from "../features/index.js";
import { decodeModel, Graph, serialize, square, sum, type Tensor } from "../graph/index.js";
import { createRandom } from "../math/random.js";
import { float32, provideBackend, type Runtime } from "../runtime/index.js";
import { loadNativeRuntime } from "../runtime/node/native.js";
import { loadWasmRuntime } from "../runtime/web/wasm.js";
import {
  calibrateProbabilities,
  type ProbabilityCalibration,
  type ProbabilityCurve,
  type ProbabilityMethod,
  percentileThreshold,
  probabilities,
} from "../scoring/index.js";
import { buildModel } from "./build.js";
import { MODEL_FORMAT, type ModelCard } from "./card.js";
import { Model } from "./model.js";
import { withProbabilityOutput } from "./probability.js";

const methods: ProbabilityMethod[] = ["platt", "isotonic"];
let native: Runtime;
let wasm: Runtime;
let model: Model;

const provide = (runtime: Runtime): void =>
  provideBackend({
    cores: 1,
    inline: async () => runtime,
    open: async (count) => Array(count).fill(runtime),
  });

/** Rows around 0, or shifted: anomalies. */
function rows(count: number, shift: number, seed: number) {
  const random = createRandom(seed).stream("rows");
  const column = (): Float64Array => Float64Array.from({ length: count }, () => random.normal() + shift);
  return tableFromColumns({ a: column(), b: column() });
}

async function calibration(method: ProbabilityMethod, prior?: number): Promise<ProbabilityCalibration> {
  const normal = await model.score(rows(150, 0, 2));
  const odd = await model.score(rows(80, 1.5, 3));
  const labels = [...Array(150).fill(0), ...Array(80).fill(1)];
  return calibrateProbabilities([...normal.scores, ...odd.scores], labels, { method, prior });
}

/** A graph that only passes scores through, with probabilities behind it. */
async function inGraph(curve: ProbabilityCurve, scores: Float32Array): Promise<Float32Array> {
  const graph = new Graph();
  graph.output("score", sum(graph.input("x", "float32", ["rows", 1]), [1]));
  const session = await native.createSession(withProbabilityOutput(serialize(graph), curve));
  const { probability } = await session.run({ x: float32([scores.length, 1], scores) });
  await session.release();
  return probability!.data as Float32Array;
}

beforeAll(async () => {
  native = await loadNativeRuntime();
  wasm = await loadWasmRuntime();
  provide(native);
  const training = rows(200, 0, 1);
  const scorer = { score: (features: Tensor): Tensor => sum(square(features), [1]), training: {} };
  const all = Uint32Array.from({ length: 200 }, (_, k) => k);
  const schema = { kind: "table", ...fitFeatureSchema(training, all, "standard") } as const;
  const scores = Float32Array.from({ length: 50 }, (_, k) => k / 10);
  const card = {
    format: MODEL_FORMAT,
    detector: "distance",
    options: {},
    versions: { hypersphere: "0", onnxruntime: native.version, runtime: native.kind },
    data: { rows: 250, train: 200, validation: 0, calibration: 50, fingerprint: "" },
    schema,
    training: {},
    threshold: percentileThreshold(scores, 90),
    operatingPoints: {},
  } as ModelCard;
  const bytes = await buildModel({ scorer, card, calibration: scores, untrained: undefined });
  model = await Model.fromBytes(bytes);
});

afterAll(async () => {
  await native.close();
  await wasm.close();
});

describe("probabilities in the graph", () => {
  it.each(methods)("are those of the curve, everywhere, and never fall: %s", async (method) => {
    const { curve } = await calibration(method, 0.02);
    const knots = curve.method === "isotonic" ? curve.x : [curve.centre, curve.centre + curve.scale];
    const far = [1e-30, 0.5, 1e3, 1e9, 1e30, 3.4e38, Number.POSITIVE_INFINITY];
    const fine = Array.from({ length: 3000 }, (_, k) => k / 100);
    const scores = Float32Array.from([...far.map((s) => -s), 0, ...knots, ...fine, ...far]).sort();
    const found = await inGraph(curve, scores);
    const wanted = probabilities(curve, scores);
    found.forEach((p, k) => {
      expect(Math.abs(p - wanted[k]!), `at ${scores[k]}`).toBeLessThanOrEqual(2e-6);
      expect(p).toBeGreaterThanOrEqual(k === 0 ? 0 : found[k - 1]!);
      expect(p).toBeLessThanOrEqual(1);
    });
    expect(found.at(-1)! - found[0]!).toBeGreaterThan(0.2);
  });

  it("hold with knots that are neighbours in float32, and with two of them only", async () => {
    const next = 1 + 2 ** -23;
    const curve: ProbabilityCurve = { method: "isotonic", x: [1, next, 5], y: [0.1, 0.3, 0.7] };
    const at = Float32Array.of(0, 1, next, 3, 5, 6);
    expect(await inGraph(curve, at)).toEqual(Float32Array.from(probabilities(curve, at)));
    const two: ProbabilityCurve = { method: "isotonic", x: [0, 1], y: [0.25, 0.75] };
    expect(await inGraph(two, Float32Array.of(-1, 0, 0.5, 1, 2))).toEqual(
      Float32Array.of(0.25, 0.25, 0.5, 0.75, 0.75),
    );
  });
});

describe("a calibrated model", () => {
  it.each(methods)("answers probabilities beside everything it answered before: %s", async (method) => {
    const made = await calibration(method, 0.05);
    const calibrated = await model.withProbability(made);
    const today = rows(300, 0.7, 4);
    const { probabilities: found, ...others } = await calibrated.score(today);
    expect(others).toEqual(await model.score(today));
    const wanted = probabilities(made.curve, others.scores);
    found!.forEach((p, row) => expect(p).toBeCloseTo(wanted[row]!, 6));
    expect(calibrated.card.probability).toEqual(made);
    expect(decodeModel(calibrated.toBytes()).outputs.at(-1)).toEqual({
      name: "probability",
      dtype: "float32",
      shape: ["rows"],
    });
  });

  it("is another model: the first one, and files without probabilities, stay as they are", async () => {
    const before = model.toBytes();
    await model.withProbability(await calibration("platt"));
    expect(model.toBytes()).toEqual(before);
    expect(model.card.probability).toBeUndefined();
    expect(await model.score(rows(3, 0, 5))).not.toHaveProperty("probabilities");
  });

  it("has a valid checksum, and keeps its probabilities with another threshold", async () => {
    const calibrated = await model.withProbability(await calibration("isotonic"));
    const today = rows(50, 1, 6);
    const wanted = await calibrated.score(today);
    const read = await Model.fromBytes(calibrated.toBytes());
    expect(await read.score(today)).toEqual(wanted);
    const strict = await read.withThreshold(percentileThreshold(model.calibrationScores, 99));
    expect((await strict.score(today)).probabilities).toEqual(wanted.probabilities);
    const damaged = calibrated.toBytes();
    damaged[damaged.length >> 1]! ^= 1;
    await expect(Model.fromBytes(damaged)).rejects.toMatchObject({ code: "invalid-model" });
  });

  it("calibrated again is as if it had been calibrated once", async () => {
    const [platt, isotonic] = [await calibration("platt"), await calibration("isotonic", 0.1)];
    const once = await model.withProbability(isotonic);
    const twice = await (await model.withProbability(platt)).withProbability(isotonic);
    expect(twice.toBytes()).toEqual(once.toBytes());
  });

  it.each(methods)("answers the same in WebAssembly: %s", async (method) => {
    const calibrated = await model.withProbability(await calibration(method));
    const today = rows(100, 0.5, 7);
    const wanted = await calibrated.score(today);
    provide(wasm);
    const found = await calibrated.score(today);
    provide(native);
    found.probabilities!.forEach((p, row) => expect(p).toBeCloseTo(wanted.probabilities![row]!, 4));
  });
});

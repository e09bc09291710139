import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HEIGHT, partImage, partImages, WIDTH } from "../../../test/map-models.js";
import { Graph, serialize } from "../../graph/index.js";
import { configureRuntime, imagesFrom, type Model, provideBackend, tableFromColumns } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { guideCnn } from "../../nn/images/general.js";
import { reflectedPlaces } from "../../nn/images/reflect.js";
import { ParameterLayout } from "../../nn/parameters.js";
import { float32 } from "../../runtime/index.js";
import { nodeBackend } from "../../runtime/node/backend.js";
import { scoreFeatures } from "../networks/trained-ensemble.js";
import { DeepSad } from "./deep-sad/deep-sad.js";
import { DeepSvdd } from "./deep-svdd/deep-svdd.js";
import { deepSvddObjective } from "./deep-svdd/objectives.js";
import { deepSvddOptions } from "./deep-svdd/options.js";
import { MultiScale } from "./multi-scale/multi-scale.js";
import { multiScaleObjective } from "./multi-scale/objective.js";
import { multiScaleOptions } from "./multi-scale/options.js";
import { ensembleScore } from "./scorer.js";
import { slidingMap } from "./sliding-maps.js";

const backend = nodeBackend({ runtime: "native", cores: 1 });
beforeAll(() => provideBackend(backend));
afterAll(() => configureRuntime());

describe.each([
  ["deep-svdd", deepSvddObjective, deepSvddOptions],
  ["multi-scale", multiScaleObjective, multiScaleOptions],
])("the map of %s", (_, objectiveOf, schema) => {
  it("is what the model says of the square about each place, spread over it", async () => {
    const [side, stride, height, width] = [32, 4, 37, 42];
    const settings = schema.parse({ latentDim: 6 });
    const design = guideCnn([1, side, side], { ...settings, reconstruction: "linear" });
    const objective = objectiveOf(design, settings as never);
    const random = createRandom("sliding maps");
    const layout = new ParameterLayout(objective.parameters);
    const members = [0, 1].map((k) => {
      const parameters = layout.initialize((name) => random.stream(k, name));
      const normals = new Float32Array(4 * widthOf(objective, side));
      random.stream(k, "normals").fillUniform(normals, 0, 1);
      return {
        origin: new Float32Array(side * side),
        parameters,
        vectors: objective.anchor(normals),
        unit: 1 + k,
      };
    });
    const image = new Float32Array(height * width);
    random.stream("image").fillUniform(image, 0, 1);
    // Squares about places, by hand: an image mirrored at its edges.
    const [down, across] = [Math.ceil(height / stride), Math.ceil(width / stride)];
    const [ys, xs] = [height, width].map((length) => reflectedPlaces(length, 14, 32)) as [number[], number[]];
    const squares: number[] = [];
    for (let i = 0; i < down; i++)
      for (let j = 0; j < across; j++)
        for (let y = 0; y < side; y++)
          for (let x = 0; x < side; x++)
            squares.push(image[ys[i * stride + y]! * width + xs[j * stride + x]!]!);
    const runtime = await backend.inline();
    const alone = await scoreFeatures(runtime, (features) => ensembleScore(objective, members, features), {
      rows: down * across,
      columns: side * side,
      data: Float32Array.from(squares),
    });
    const fields = { stride, field: side, sigma: 4 };
    const raw = slidingMap(
      objectiveOf as never,
      design,
      settings as never,
      members,
      [1, height, width],
      fields,
    );
    const graph = new Graph();
    graph.output("map", raw(graph.input("features", "float32", ["rows", height * width])));
    const session = await runtime.createSession(serialize(graph));
    const { map } = await session.run({ features: float32([1, height * width], image) });
    await session.release();
    const share = (pixel: number, place: number): number => {
      const distance = Math.abs(pixel - (stride * place + 1.5));
      return distance > side / 2 ? 0 : Math.exp(-0.5 * (distance / 4) ** 2);
    };
    let worst = 0;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        let wanted = 0;
        for (let i = 0; i < down; i++)
          for (let j = 0; j < across; j++) wanted += share(y, i) * share(x, j) * alone[i * across + j]!;
        worst = Math.max(worst, Math.abs((map!.data[y * width + x] as number) / wanted - 1));
      }
    expect(worst).toBeLessThan(1e-4);
  });
});

/** Numbers in the embedding of one row. */
function widthOf({ parameters, embed }: ReturnType<typeof deepSvddObjective>, side: number): number {
  const graph = new Graph();
  const layout = new ParameterLayout(parameters);
  const values = layout.tensors(graph.input("parameters", "float32", [layout.size]));
  return embed(graph.input("x", "float32", [1, side * side]), values).shape[1] as number;
}

const defect = { left: 40, top: 12, width: 9, height: 9 };
const fast = { maps: true, seed: 4, latentDim: 8, pretrain: false, steps: 2, batchSize: 16 } as const;
/** How far the highest places of maps are from the middle of the defect, and whether all images are flagged. */
async function found(model: Model) {
  const far: number[] = [];
  const { scores, threshold } = await model.score(partImages(3, { seed: "bad", defect, channels: 1 }), {
    onMap({ data, width }) {
      const peak = data.indexOf(Math.max(...data));
      far.push(Math.hypot(Math.floor(peak / width) - 16.5, (peak % width) - 44.5));
    },
  });
  return { far: Math.max(...far), flagged: scores.every((score) => score > threshold) };
}
const training = partImages(40, { channels: 1 });

it.each([
  ["deep-svdd", DeepSvdd, {}],
  ["multi-scale", MultiScale, {}],
  ["deep-svdd, in tiles and with a mask,", DeepSvdd, { tile: 36, overlap: 16 }],
])("%s shows where a planted defect is", async (_, Detector, own) => {
  const tiled = "tile" in own;
  const data = Uint8Array.from({ length: HEIGHT * WIDTH }, (__, k) => (k % WIDTH < 4 ? 0 : 255));
  const mask = tiled ? { mask: { height: HEIGHT, width: WIDTH, data } } : {};
  const model = await new Detector({ ...fast, ...own }).fit(training, mask);
  const { far, flagged } = await found(model);
  expect(flagged).toBe(true);
  expect(far).toBeLessThan(12);
  expect(model.card.map).toMatchObject({ height: HEIGHT, width: WIDTH });
  expect(model.card.map?.mask !== undefined).toBe(tiled);
  expect((await model.untrainedScores(training))!.length).toBe(40);
  expect(model.card.options["contrast"]).toBe("none");
  if (tiled || Detector !== DeepSvdd) return;
  const from = model;
  const on = new DeepSad({ latentDim: 8, contrast: "none", members: 1 }).fit(training, { from });
  await expect(on).rejects.toThrow("The starting model makes maps");
});

it.each([
  [{ patchSize: 40 }, "there are no maps"],
  [{ tile: 64 }, "there are no maps"],
  [{ maps: true, encoder: "cnn" as const }, "cnn looks past the edges"],
  [{ maps: true, patchSize: 64 }, "smaller than the squares of 64"],
  [{ maps: true, calibration: "cross" as const }, "cannot calibrate in folds"],
])("options %j are refused", async (given, message) => {
  await expect(new DeepSvdd(given).fit(training)).rejects.toMatchObject({
    code: "invalid-option",
    message: expect.stringContaining(message),
  });
});

it("maps of tables, and masks without maps, are refused", async () => {
  const table = tableFromColumns({ a: Float64Array.from({ length: 50 }, (_, k) => k) });
  await expect(new DeepSvdd({ maps: true }).fit(table)).rejects.toThrow("Maps say where images are abnormal");
  const mask = partImage("mask", { channels: 1 });
  await expect(new DeepSvdd().fit(imagesFrom([mask]), { mask })).rejects.toMatchObject({
    message: expect.stringContaining("makes no maps by default"),
    hint: expect.stringContaining('option "maps"'),
  });
});

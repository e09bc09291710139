import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Dataset, imagesFrom, tableFromMatrix } from "../../data/index.js";
import { decodeModel } from "../../graph/index.js";
import { configureRuntime, DeepSad, DeepSvdd, Hsc, MultiScale } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { auroc } from "../../metrics/index.js";
import type { Checkpoint } from "../../model/contract.js";
import type { Model } from "../../model/index.js";
import { designEncoder, type EncoderOptions } from "../../nn/encoders.js";
import { ParameterLayout } from "../../nn/parameters.js";
import type { DeepReport } from "./train-deep.js";

beforeAll(() => configureRuntime({ cores: 1 }));
afterAll(() => configureRuntime());

const random = createRandom("arrows");

/** Arrows that point up, at slightly different places; abnormal ones point to the right. */
function arrows(count: number, part: string, abnormal = false): Dataset {
  const stream = random.stream(part);
  const data = new Uint8Array(count * 16 * 16);
  for (let row = 0; row < count; row++) {
    const [y0, x0] = [stream.int(3) - 1, stream.int(3) - 1];
    for (let y = 0; y < 16; y++)
      for (let x = 0; x < 16; x++) {
        const [v, u] = [y - 8 - y0, x - 8 - x0];
        const [along, beside] = abnormal ? [-u, v] : [v, u];
        const inside = along > -6 && along < 6 && Math.abs(beside) < (along < 0 ? (along + 6) / 2 + 1 : 1.5);
        data[(row * 16 + y) * 16 + x] = Math.min(255, (inside ? 180 : 20) + stream.int(40));
      }
  }
  return imagesFrom({ data, count, height: 16, width: 16, channels: 1 }, { source: part });
}

const training = arrows(50, "training");
const table = tableFromMatrix(Array.from({ length: 60 }, (_, k) => [k % 7, k % 5, (k * k) % 11]));
const FAST = { pretraining: "transforms", minutes: 0.01, epochs: 2 } as const;
const OPTIONS = {
  ...{ hiddenDims: [], latentDim: 128, activation: "leaky-relu", slope: 0.1, bias: false },
  ...{ initialization: "he", inputsPerUnit: 0, reconstruction: "linear" },
} satisfies Record<string, unknown> as EncoderOptions;
const reportOf = ({ card }: Model) => (card.training as unknown as DeepReport).members[0]!;

describe("pretraining by transforms", () => {
  it("teaches Deep SVDD what is turned, stops and goes on as if it had not, and keeps its statistics afterwards", async () => {
    const saved = new Map<string, Checkpoint>();
    const stop = new AbortController();
    const checkpoint = {
      load: async (key: string) => saved.get(key),
      save: async (key: string, value: Checkpoint) => {
        saved.set(key, value);
        stop.abort();
      },
    };
    const detector = new DeepSvdd(FAST);
    await expect(detector.fit(training, { checkpoint, signal: stop.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    const resumed = await detector.fit(training, { checkpoint });
    const model = await detector.fit(training);
    expect(Buffer.compare(resumed.toBytes(), model.toBytes())).toBe(0);
    expect(model.card.options).toMatchObject({
      ...{ encoder: "resnet-small", slope: 0.1, latentDim: 128, contrast: "none" },
    });
    const { pretraining, compactness } = reportOf(model);
    expect(pretraining.curve.at(-1)!.validation).toBeLessThan(pretraining.curve[0]!.validation);
    expect(pretraining.kept).toBeGreaterThan(0);
    expect(compactness.curve.length).toBeGreaterThan(0);

    const judged = async (scores: (data: Dataset) => Promise<ArrayLike<number>>): Promise<number> => {
      const [a, b] = [await scores(arrows(40, "normal")), await scores(arrows(40, "turned", true))];
      return auroc(
        [...Array.from(a, () => 0), ...Array.from(b, () => 1)],
        [...Array.from(a), ...Array.from(b)],
      );
    };
    const trained = await judged(async (data) => (await model.score(data)).scores);
    expect(trained).toBeGreaterThan(0.9);
    // As pretraining left them: compactness training has not touched what normalises.
    const { parameters } = saved.get("member-0-pretrained")!.vectors;
    const decoded = decodeModel(model.toBytes());
    const { encoder } = designEncoder("resnet-small", [1, 16, 16], OPTIONS);
    const statistics = new ParameterLayout(encoder.parameters)
      .views(parameters!)
      .filter(({ spec }) => spec.statistic);
    expect(statistics).toHaveLength(20);
    for (const { spec, view } of statistics)
      expect(decoded.initializer(`member0.${spec.name}`).data).toEqual(view.slice());
  });

  it("starts every detector about a centre, and what one learned another goes on from", async () => {
    const few = { ...FAST, minutes: 0.001 };
    const start = await new DeepSvdd(few).fit(training);
    const { members } = DeepSad.trainings(
      (await new DeepSad({ ...few, epochs: 1 }).fit(arrows(40, "more"), { from: start })).card,
    )[0]!;
    expect(members[0]!.pretraining.ended).toBe("left out");
    const outliers = arrows(20, "outliers", true);
    const hsc = await new Hsc({ ...few, epochs: 1 }).fit(arrows(40, "some"), { outliers });
    const taps = await new MultiScale({ ...few, epochs: 1 }).fit(arrows(40, "taps"));
    for (const model of [hsc, taps]) {
      expect(reportOf(model).pretraining.curve.length).toBeGreaterThan(0);
      expect((await model.score(outliers)).scores.every(Number.isFinite)).toBe(true);
    }
  });

  it("is left out with no minutes, and wins over what pretrain says", async () => {
    const none = await new DeepSvdd({ pretraining: "transforms", minutes: 0, epochs: 0 }).fit(training);
    expect(reportOf(none).pretraining.ended).toBe("left out");
    const quick = { latentDim: 4, hiddenDims: [4], members: 1, epochs: 0, pretrainEpochs: 1 } as const;
    const stage = async (options: object): Promise<string> =>
      reportOf(await new DeepSvdd({ ...quick, ...options }).fit(table)).pretraining.ended;
    expect(await stage({ pretrain: false })).toBe("left out");
    expect(await stage({ pretraining: "none" })).toBe("left out");
    expect(await stage({ pretrain: false, pretraining: "autoencoder" })).not.toBe("left out");
  });

  it("refuses rows that are no images, other encoders, maps, and minutes of another pretraining", async () => {
    for (const [data, options, words] of [
      [table, { pretraining: undefined, minutes: 3 }, /minutes is 3, .*; pretraining is "autoencoder"/],
      [training, { pretraining: "none", minutes: 3 }, /minutes is 3, .*; pretraining is "none"/],
      [table, {}, /turns and moves images; these rows are none/],
      [training, { encoder: "cnn" }, /trains the encoder resnet-small; encoder is "cnn"/],
      [training, { maps: true }, /trains the encoder resnet-small/],
    ] as const) {
      const fit = new DeepSvdd({ ...FAST, ...options }).fit(data);
      await expect(fit).rejects.toMatchObject({
        code: "invalid-option",
        message: expect.stringMatching(words),
      });
    }
  });
});

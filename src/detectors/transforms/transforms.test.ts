import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Dataset, imagesFrom } from "../../data/index.js";
import { configureRuntime, Transforms } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { auroc } from "../../metrics/index.js";
import type { Checkpoint } from "../../model/contract.js";
import { residualEncoder } from "../../nn/images/resnet-small.js";
import { stepsOf } from "../turned/budget.js";
import { Draws } from "../turned/draws.js";
import { paddedSize, sourceOf, type ViewPlan } from "../turned/views.js";

beforeAll(() => configureRuntime({ cores: 1 }));
afterAll(() => configureRuntime());

const random = createRandom("transforms");

/** Arrows that point up, at slightly different places; abnormal ones point to the right. */
function arrows(count: number, part: string, abnormal = false, [height, width] = [16, 16]): Dataset {
  const stream = random.stream(part);
  const data = new Uint8Array(count * height! * width!);
  for (let row = 0; row < count; row++) {
    const [y0, x0] = [stream.int(3) - 1, stream.int(3) - 1];
    for (let y = 0; y < height!; y++)
      for (let x = 0; x < width!; x++) {
        const [v, u] = [(16 * y) / height! - 8 - y0, (16 * x) / width! - 8 - x0];
        const [along, beside] = abnormal ? [-u, v] : [v, u];
        const inside = along > -6 && along < 6 && Math.abs(beside) < (along < 0 ? (along + 6) / 2 + 1 : 1.5);
        data[(row * height! + y) * width! + x] = Math.min(255, (inside ? 180 : 20) + stream.int(40));
      }
  }
  return imagesFrom({ data, count, height: height!, width: width!, channels: 1 }, { source: part });
}

const FAST = { minutes: 0.002, encoderWidth: 4, batchSize: 16 } as const;
const training = arrows(120, "training");

describe("transforms", () => {
  it("finds what is turned, better than the untrained network by its likelihood, and the same after a stop", async () => {
    const saved = new Map<string, Checkpoint>();
    const stop = new AbortController();
    const checkpoint = {
      load: async (key: string) => saved.get(key),
      save: async (key: string, value: Checkpoint) => {
        saved.set(key, value);
        if (saved.size > 0) stop.abort();
      },
    };
    const detector = new Transforms({ ...FAST, score: "likelihood" });
    await expect(detector.fit(training, { checkpoint, signal: stop.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(saved.size).toBe(1);
    const resumed = await detector.fit(training, { checkpoint });
    const model = await detector.fit(training);
    expect(Buffer.compare(resumed.toBytes(), model.toBytes())).toBe(0);
    const [normal, abnormal] = [arrows(30, "normal"), arrows(30, "turned", true)];
    const judged = async (which: "score" | "untrainedScores"): Promise<number> => {
      const of = async (data: Dataset): Promise<number[]> => {
        const result = (await model[which](data))!;
        return Array.from("scores" in result ? result.scores : result);
      };
      const [a, b] = [await of(normal), await of(abnormal)];
      return auroc([...a.map(() => 0), ...b.map(() => 1)], [...a, ...b]);
    };
    const trained = await judged("score");
    expect(trained).toBeGreaterThan(0.9);
    expect(trained).toBeGreaterThan((await judged("untrainedScores")) + 0.1);
    const [{ members, side, shift, steps, score }] = Transforms.trainings(model.card) as [
      ReturnType<typeof Transforms.trainings>[0],
    ];
    expect([side, shift]).toEqual([16, 3]);
    expect(score).toEqual({ likelihood: expect.any(Object) });
    const { curve, kept } = members[0]!.training;
    expect(curve.at(-1)!.validation).toBeLessThan(curve[0]!.validation);
    expect(kept).toBeGreaterThan(0);
    expect(curve.at(-1)!.epoch).toBeLessThanOrEqual(steps);
  });

  it("is the same after a stop that came when training had ended early", async () => {
    let last: Checkpoint | undefined;
    // At this rate no state is better than the first one.
    const detector = new Transforms({ ...FAST, minutes: 0.0003, learningRate: 1, score: "likelihood" });
    const small = arrows(40, "ended", false, [8, 8]);
    const model = await detector.fit(small, {
      checkpoint: {
        load: async () => undefined,
        save: async (_, value) => {
          last = value;
        },
      },
    });
    const [{ members }] = Transforms.trainings(model.card) as [ReturnType<typeof Transforms.trainings>[0]];
    expect(members[0]!.training.ended).toBe("no improvement");
    const resumed = await detector.fit(small, {
      checkpoint: { load: async (key) => (key === "member-0" ? last : undefined), save: async () => {} },
    });
    expect(Buffer.compare(resumed.toBytes(), model.toBytes())).toBe(0);
  });

  it("joins all scores, scores one image as it scores many, and takes images that are no squares", async () => {
    const flat = arrows(60, "flat", false, [14, 20]);
    const model = await new Transforms({ ...FAST, minutes: 0.0005, untrainedStatistics: "identity" }).fit(
      flat,
    );
    const { scores } = await model.score(flat);
    expect(scores.every(Number.isFinite)).toBe(true);
    const first = imagesFrom([await flatImage(flat, 7)]);
    expect((await model.score(first)).scores[0]).toBeCloseTo(scores[7]!, 4);
    const [{ side, score }] = Transforms.trainings(model.card) as [
      ReturnType<typeof Transforms.trainings>[0],
    ];
    expect(side).toBe(17);
    expect(Object.keys(score)).toEqual(["likelihood", "features", "gaussianRows", "neighbours", "bankRows"]);
    expect(score.bankRows).toBe(score.gaussianRows);
  });

  it("enlarges long images of few pixels, and refuses those that three halvings leave nothing of", async () => {
    const long = await new Transforms({ ...FAST, minutes: 0 }).fit(arrows(40, "long", false, [3, 20]));
    expect(Transforms.trainings(long.card)[0]).toMatchObject({ side: 8, steps: 0 });

    await expect(new Transforms(FAST).fit(arrows(40, "tiny", false, [7, 7]))).rejects.toMatchObject({
      code: "unfit-data",
    });
  });
});

const flatImage = async (data: Dataset, row: number) => {
  const {
    height,
    width,
    data: pixels,
  } = await (
    data as unknown as { read(row: number): Promise<{ height: number; width: number; data: Uint8Array }> }
  ).read(row);
  return { height, width, data: pixels };
};

describe("the steps of a nominal minute", () => {
  it("are those of the measured recipe: five minutes make 1 662 at 28 x 28 and 1 364 at 32 x 32 pixels", () => {
    const grey = residualEncoder([1, 28], { width: 16, slope: 0.1 });
    const colour = residualEncoder([3, 32], { width: 16, slope: 0.1 });
    expect(Math.abs(stepsOf(5, grey, 64) - 1662)).toBeLessThan(5);
    expect(Math.abs(stepsOf(5, colour, 64) - 1364)).toBeLessThan(5);
    expect(stepsOf(0, grey, 64)).toBe(0);
  });
});

describe("drawn views", () => {
  const plan: ViewPlan = {
    ...{ channels: 1, side: 10, shift: 2, jitter: 1, padding: "zero", black: 0 },
    ...{ mean: [0], deviation: [1] },
  };

  it("see every image once before any twice, and are the same whichever step begins", () => {
    const draws = () => new Draws({ views: plan, images: 12, batchSize: 5, mirror: true }, random);
    const whole = draws().steps(0, 6);
    const chosen = Array.from(whole["chosen"]!.data as BigInt64Array, Number);
    expect(chosen.slice(0, 12).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, k) => k));
    const later = draws().steps(4, 6);
    for (const name of ["chosen", "starts", "orientations", "down", "across"]) {
      const [all, part] = [whole[name]!.data as BigInt64Array, later[name]!.data as BigInt64Array];
      expect(all.slice(-part.length)).toEqual(part);
    }
  });

  it("stay within the images with their margins", () => {
    const { starts, orientations } = new Draws(
      { views: plan, images: 4, batchSize: 4, mirror: true },
      random,
    ).steps(0, 50);
    const padded = plan.side + 2 * 3;
    (starts!.data as BigInt64Array).forEach((start, at) => {
      const orientation = Number((orientations!.data as BigInt64Array)[at]!);
      const from = Number(start) % paddedSize(plan);
      const [row, column] = [Math.floor(from / padded), from % padded];
      // The opposite corner of the view, as its orientation reads the image.
      const [y0, x0] = sourceOf(plan.side, orientation % 4, 0, 0);
      const [y1, x1] = sourceOf(plan.side, orientation % 4, plan.side - 1, plan.side - 1);
      const across = orientation < 4 ? x1 - x0 : x0 - x1;
      for (const place of [row, column, row + y1 - y0, column + across]) {
        expect(place).toBeGreaterThanOrEqual(0);
        expect(place).toBeLessThan(padded);
      }
    });
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { abs, mean, mul, reshape, sub, type Tensor } from "../../graph/index.js";
import { imagesFrom } from "../../index.js";
import { createRandom } from "../../math/random.js";
import type { RowReader } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { type CommonOptions, calibrationOptions } from "../fit/common-options.js";
import { defineMapDetector } from "./define-map-detector.js";
import { drawnPrecision } from "./drawn-judge.js";
import type { MapOptions } from "./map-calibration.js";
import { mapInputOptions, mapOptions } from "./options.js";

let native: Runtime;
beforeAll(async () => {
  native = await loadNativeRuntime();
});
afterAll(() => native.close());

describe("drawn defects", () => {
  const SHAPE = [1, 40, 48] as const;
  const AREA = SHAPE[1] * SHAPE[2];
  const flat: RowReader = { rows: 12, columns: AREA, read: async () => new Float32Array(AREA).fill(0.5) };
  const distance = (x: Tensor): Tensor => abs(sub(reshape(x, [x.shape[0]!, ...SHAPE.slice(1)]), 0.5));
  const judged = (maps: readonly ((x: Tensor) => Tensor)[], seed: number) =>
    drawnPrecision(native, flat, SHAPE, maps, createRandom(seed), undefined);

  it("are all found by a map that is nothing but them, and no more than by chance by one that sees nothing", async () => {
    const [exact, blind, inverse] = await judged(
      [distance, (x) => mul(distance(x), 0), (x) => mul(distance(x), -1)],
      3,
    );
    expect(exact).toBe(1);
    // Alike everywhere, its average precision is the share of abnormal pixels.
    expect(blind).toBeGreaterThan(0.005);
    expect(blind).toBeLessThan(0.4);
    expect(inverse).toBeLessThan(blind!);
  });

  it("are the same for the same seed, and the images are left as they were", async () => {
    const blind = (x: Tensor): Tensor => mul(distance(x), 0);
    const first = await judged([blind, blind], 3);
    expect(first[1]).toBe(first[0]);
    expect(await judged([blind], 3)).toEqual([first[0]]);
    expect(await judged([blind], 4)).not.toEqual([first[0]]);
    expect((await flat.read(0)).every((value) => value === 0.5)).toBe(true);
  });
});

describe("the networks that a model scores with", () => {
  type Options = CommonOptions & MapOptions;
  /** What is learned is told by the sign of a map: one is right, one finds what is normal. */
  const learning = (trainedIsRight: boolean, keep = true) =>
    defineMapDetector<Options, Partial<Options>>({
      name: "learner",
      title: "Two maps",
      options: z.strictObject({ ...mapInputOptions, ...mapOptions, ...calibrationOptions }) as never,
      async train(_, { shape: [channels, height, width] }) {
        const distance = (x: Tensor): Tensor =>
          mean(abs(sub(reshape(x, ["rows", channels, height, width]), 0.5)), [1]);
        const inverse = (x: Tensor): Tensor => mul(distance(x), -1);
        return {
          raw: trainedIsRight ? distance : inverse,
          untrained: trainedIsRight ? inverse : distance,
          training: {},
          keepBetter: keep ? (kept) => ({ kept }) as never : undefined,
        };
      },
    });
  /** Grey with noise, whose first two pixels are black and white: features span the whole range then. */
  const grey = (name: string, broken = false) => {
    const stream = createRandom(0).stream(name);
    const data = Uint8Array.from({ length: 48 * 64 }, (_, k) => {
      const [x, y] = [k % 64, Math.floor(k / 64)];
      return broken && x >= 20 && x < 34 && y >= 20 && y < 30 ? 0 : 118 + stream.int(20);
    });
    data.set([0, 255]);
    return { height: 48, width: 64, data };
  };
  const parts = imagesFrom(Array.from({ length: 40 }, (_, k) => grey(`normal ${k}`)));

  it.each([
    [true, "trained"],
    [false, "untrained"],
  ] as const)("are those that find drawn defects better (trained ones right: %s)", async (right, network) => {
    const warnings: string[] = [];
    const Learner = learning(right);
    const model = await new Learner({}).fit(parts, { onWarning: (text) => warnings.push(text) });
    expect(model.card.training).toMatchObject({ kept: { network, images: expect.any(Number) } });
    expect(warnings.filter((text) => text.includes("from before training")).length).toBe(right ? 0 : 1);
    const damaged = imagesFrom([grey("broken", true)]);
    let peak = -1;
    const { scores } = await model.score(damaged, {
      onMap: ({ data }) => {
        peak = data.indexOf(Math.max(...data));
      },
    });
    // Whichever is kept, it is the map that is right.
    expect(peak % 64).toBeGreaterThanOrEqual(20);
    expect(peak % 64).toBeLessThan(34);
    const control = await model.untrainedScores(damaged);
    if (right) expect(control![0]).toBeLessThan(scores[0]!);
    else expect(control).toBeUndefined();
    await model.close();
  });

  it("are the trained ones where that is asked for", async () => {
    const Learner = learning(false, false);
    const model = await new Learner({}).fit(parts);
    expect(model.card.training).toEqual({});
    expect(await model.untrainedScores(parts)).toHaveLength(40);
    await model.close();
  });
});

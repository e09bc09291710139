import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableFromMatrix } from "../../../data/index.js";
import { decodeModel } from "../../../graph/index.js";
import { configureRuntime, Hsc, type HscInput, type Model, provideBackend } from "../../../index.js";
import { createRandom } from "../../../math/random.js";
import { auroc } from "../../../metrics/index.js";
import { currentBackend } from "../../../runtime/index.js";
import { labelledExamples } from "../examples.js";
import { radiusOf, termOf } from "./losses.js";
import { RADIUS_FUNCTIONS } from "./options.js";

// In the calling thread: a worker thread takes longer to start than these networks to train.
beforeAll(() => {
  const backend = currentBackend();
  const open = (count: number) => Promise.all(Array.from({ length: count }, backend.inline));
  provideBackend({ ...backend, cores: 1, open });
});
afterAll(() => configureRuntime());

const random = createRandom("hsc");

/** Eight sensors that vary on their own. The odd ones are a cluster in the midst of the normals' spread. */
function rows(count: number, name: string, odd: boolean): number[][] {
  const stream = random.stream(name);
  return Array.from({ length: count }, () =>
    Array.from({ length: 8 }, (_, k) => (odd && k < 3 ? 1.2 + 0.2 * stream.normal() : stream.normal())),
  );
}
const normals = rows(300, "normals", false);
const known = rows(30, "known", true);
const fresh = tableFromMatrix([...rows(300, "fresh", false), ...rows(300, "new", true)]);
const truth = Int8Array.from({ length: 600 }, (_, k) => (k < 300 ? 0 : 1));
const small: HscInput = { members: 1, hiddenDims: [32], latentDim: 16, steps: 300 };
const train = (changes: HscInput = {}): Promise<Model> =>
  new Hsc({ ...small, ...changes }).fit(tableFromMatrix(normals), { outliers: tableFromMatrix(known) });
const quality = async (model: Model): Promise<number> => auroc(truth, (await model.score(fresh)).scores);

describe("hypersphere classification", () => {
  it.each<[string, HscInput]>([
    ...RADIUS_FUNCTIONS.map((radius): [string, HscInput] => [radius, { radius }]),
    ["shuffled batches", { batches: "shuffled" }],
    ["cross entropy", { loss: "bce" }],
    ["focal loss", { loss: "focal" }],
    ["biases", { bias: true }],
    ["pretrained and whitened", { pretrain: true, whiten: true, pretrainSteps: 30 }],
  ])("learns to tell outliers from normals: %s", async (_, changes) => {
    const model = await train(changes);
    expect(await quality(model)).toBeGreaterThan(0.85);
    const { scores } = await model.score(fresh);
    expect(new Set(scores).size).toBeGreaterThan(550);
  });

  it("has a classifier's head where it is one, and nothing but the encoder where it is not", async () => {
    const names = async (changes: HscInput) => decodeModel((await train(changes)).toBytes()).initializerNames;
    expect(await names({ steps: 1, loss: "bce" })).toEqual(
      expect.arrayContaining(["member0.head.weight", "member0.head.bias"]),
    );
    expect((await names({ steps: 1 })).filter((name) => /head|center/.test(name))).toEqual([]);
  });

  it("refuses to run without negatives, and says why", async () => {
    const refused = {
      code: "invalid-option",
      message: expect.stringMatching(/hsc needs negatives and got none: no row is labelled an anomaly/),
      hint: "Label some anomalies, give a second data set of outliers, have some made (the option synthesis), or use deep-svdd, which needs none.",
    };
    const table = tableFromMatrix(normals);
    await expect(new Hsc(small).fit(table)).rejects.toMatchObject(refused);
    const labels = new Int8Array(300).fill(-1);
    await expect(new Hsc(small).fit(table, { labels })).rejects.toMatchObject(refused);
  });
});

describe("its numbers", () => {
  it("are those of the paper: z = (3, 4) and z = 0", () => {
    const options = { loss: "hsc", focalGamma: 2 } as const;
    const h = radiusOf(Float32Array.of(3, 4), "pseudo-huber");
    expect(h).toBeCloseTo(4.09901951, 8);
    expect(termOf(h, true, options)).toBeCloseTo(0.01672807, 8);
    expect(termOf(0, true, options)).toBeCloseTo(20.7232658, 7);
    expect(termOf(h, false, options)).toBe(h);
    expect(radiusOf(Float32Array.of(3, -4), "l1")).toBe(7);
    expect(radiusOf(Float32Array.of(3, 4), "l2")).toBe(5);
    expect(radiusOf(Float32Array.of(3, 4), "l2-squared")).toBe(25);
  });

  it("are cross entropies: of p(normal) = exp(-h), and of a logit", () => {
    for (const h of [0.01, 0.7, 5]) {
      expect(termOf(h, true, { loss: "hsc", focalGamma: 2 })).toBeCloseTo(-Math.log(1 - Math.exp(-h)), 6);
    }
    const probability = 1 / (1 + Math.exp(-1.5));
    expect(termOf(1.5, true, { loss: "bce", focalGamma: 2 })).toBeCloseTo(-Math.log(probability), 12);
    expect(termOf(1.5, false, { loss: "focal", focalGamma: 2 })).toBeCloseTo(
      -(probability ** 2) * Math.log(1 - probability),
      12,
    );
  });
});

describe("balanced batches", () => {
  const matrix = (count: number) => ({ rows: count, columns: 1, data: new Float32Array(count) });
  const data = (outliers: number) => ({
    inputShape: [1],
    rowCount: 10,
    train: matrix(10),
    validation: matrix(0),
    outliers: matrix(outliers),
  });

  it.each([1, 3, 10, 25])("visit every training row once, and %i outliers in turn", (outliers) => {
    const { visits, order } = labelledExamples(data(outliers), "balanced", {});
    const rows = Array.from(order(random.stream("order")));
    expect(rows).toHaveLength(visits);
    expect(rows.filter((_, k) => k % 2 === 0).sort((a, b) => a - b)).toEqual([...Array(10).keys()]);
    const others = rows.filter((_, k) => k % 2 === 1);
    const counts = new Map<number, number>();
    for (const row of others) {
      expect(row).toBeGreaterThanOrEqual(10);
      expect(row).toBeLessThan(10 + outliers);
      counts.set(row, (counts.get(row) ?? 0) + 1);
    }
    // No outlier comes a second time before all had their turn.
    expect(counts.size).toBe(Math.min(10, outliers));
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });
});

import { expect, it } from "vitest";
import { samplesOf, seriesFromTable, seriesFromWindows, tableFromMatrix } from "../../data/index.js";
import { Contrast, Kmeans, Pca } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { auroc } from "../../metrics/index.js";

const FAST = { filters: 8, steps: 40, batchSize: 64, learningRate: 3e-3 };
const WINDOW = 24;

/** Two sensors that swing, with some noise; from step 300 to 330 what `change` makes of them. */
function swinging(
  steps: number,
  part: string,
  change: (step: number, values: number[]) => number[] = (_, values) => values,
): number[][] {
  const stream = createRandom("contrast").stream(part);
  return Array.from({ length: steps }, (_, step) => {
    const noise = [0, 1].map(() => 0.05 * stream.normal());
    const values = [Math.sin(step / 4) + noise[0]!, Math.sin(step / 4 + 1) + noise[1]!];
    return step >= 300 && step < 330 ? change(step, values) : values;
  });
}

const windowsOf = (rows: number[][], stride = 1) =>
  seriesFromTable(tableFromMatrix(rows), { window: WINDOW, stride });
const past = windowsOf(swinging(900, "past"), 3);
/** A fault of shape alone: twice as fast, with the same levels. */
const faster = windowsOf(swinging(600, "today", (step, [, second]) => [Math.sin(step / 2), second!]));
/** A fault of amplitude alone: the same shape, higher up. */
const higher = windowsOf(swinging(600, "today", (_, values) => values.map((value) => value + 4)));
/** Windows within the fault, and those that are clear of it. */
const kinds = Array.from({ length: 600 - WINDOW + 1 }, (_, start) =>
  start >= 300 && start + WINDOW <= 330 ? 1 : start + WINDOW <= 300 || start >= 330 ? 0 : -1,
);
const measured = (values: Float32Array): number => {
  const clear = [...kinds.keys()].filter((row) => kinds[row] !== -1);
  return auroc(
    clear.map((row) => kinds[row]!),
    clear.map((row) => values[row]!),
  );
};

it("sees a shape by its network, an amplitude by its views, and says which of them spoke", async () => {
  const model = await new Contrast(FAST).fit(past);
  expect(model.card.views).toEqual(["contrast", "deviation", "shift"]);
  const [{ members, health, windows, views }] = Contrast.trainings(model.card) as [
    ReturnType<typeof Contrast.trainings>[0],
  ];
  expect({ healthy: health.healthy, views }).toEqual({ healthy: true, views: model.card.views });
  expect(members[0]!.training).toMatchObject({ ended: "all epochs", kept: 40 });
  expect(windows).toBeGreaterThan(past.rowCount);
  const curve = members[0]!.training.curve;
  expect(curve.at(-1)!.validation).toBeLessThan(0.7 * curve[0]!.validation);

  const [shape, amplitude] = [await model.score(faster), await model.score(higher)];
  expect(measured(shape.scores)).toBeGreaterThan(0.95);
  expect(measured(shape.views!["contrast"]!)).toBeGreaterThan(0.95);
  expect(measured(amplitude.scores)).toBeGreaterThan(0.95);
  expect(measured(amplitude.views!["deviation"]!)).toBe(1);
  // Shapes alone cannot see it.
  expect(measured(amplitude.views!["contrast"]!)).toBeLessThan(0.8);
  shape.scores.forEach((score, row) => {
    const parts = Object.values(shape.views!).map((values) => Math.log1p(Math.exp(values[row]!)));
    expect(score).toBeCloseTo(parts.reduce((sum, part) => sum + part, 0) / parts.length, 4);
  });
  expect((await model.untrainedScores(faster))!.length).toBe(faster.rowCount);
});

it("gives every time step what the views say of the windows over it", async () => {
  const model = await new Kmeans().fit(past);
  const { scores, views } = await model.score({ ...samplesOf(higher), rows: "time-steps" });
  expect(scores.length).toBe(600);
  expect(Object.keys(views!)).toEqual(["centres", "deviation", "shift"]);
  expect(views!["deviation"]![315]).toBeGreaterThan(views!["deviation"]![100]! + 3);
});

it.each([
  ["k-means", () => new Kmeans(), ["centres", "deviation", "shift"]],
  ["PCA of shapes", () => new Pca({ normalise: "window" }), ["residual", "deviation", "shift"]],
] as const)("%s joins views of windows", async (_, detector, views) => {
  const model = await detector().fit(past);
  expect(model.card.views).toEqual(views);
  expect(measured((await model.score(faster)).scores)).toBeGreaterThan(0.95);
  expect(measured((await model.score(higher)).scores)).toBeGreaterThan(0.95);
});

it("leaves out the views of amplitude where it is told to", async () => {
  const model = await new Kmeans({ amplitude: false }).fit(past);
  expect(model.card.views).toEqual(["centres"]);
  expect(measured((await model.score(higher)).scores)).toBeLessThan(0.8);
});

it("learns from windows that were cut already, without an order among them", async () => {
  const data = Float32Array.from(
    swinging(300, "cut")
      .slice(0, 60 * 5)
      .flat(),
  );
  const model = await new Contrast({ ...FAST, steps: 5 }).fit(
    seriesFromWindows({ data, windows: 60, steps: 5, channels: 2 }),
  );
  const [{ windows }] = Contrast.trainings(model.card) as [ReturnType<typeof Contrast.trainings>[0]];
  expect(windows).toBe(model.card.data.train);
});

it("refuses windows that have no shape, and says where an option for windows does nothing", async () => {
  const single = seriesFromTable(tableFromMatrix(swinging(60, "single")), { window: 1, stride: 1 });
  for (const detector of [new Contrast(FAST), new Kmeans(), new Pca({ normalise: "window" })])
    await expect(detector.fit(single)).rejects.toMatchObject({ code: "unfit-data" });
  const warnings: string[] = [];
  await new Pca({ normalise: "window" }).fit(tableFromMatrix(swinging(60, "rows")), {
    onWarning: (text) => warnings.push(text),
  });
  expect(warnings.join()).toContain('Option "normalise" has no effect');
});

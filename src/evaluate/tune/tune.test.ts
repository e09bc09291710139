import { expect, test } from "vitest";
import { imagesFrom, samplesOf, seriesFromTable, tableFromColumns } from "../../data/index.js";
import { detectors } from "../../detectors/registry.js";
import { createRandom } from "../../math/random.js";
import { provideBackend } from "../../runtime/index.js";
import { nodeBackend } from "../../runtime/node/backend.js";
import { concludeTuning, pairedGain } from "./answer.js";
import { TuneHalves, unseenDamages } from "./halves.js";
import { objectiveOf } from "./objectives.js";
import { planTuning, pointOf } from "./plan.js";
import type { TuneTrial } from "./trials.js";
import { tune } from "./tune.js";

provideBackend(nodeBackend());

/** Two columns in step, of which anomalies are a little out of step, and one that says nothing. */
function plant(normals: number, anomalies: number) {
  const stream = createRandom(4).stream("plant");
  const rows = Array.from({ length: normals + anomalies }, (_, row) => {
    const a = stream.normal();
    const b = 2 * a + 0.1 * stream.normal() + (row < normals ? 0 : 1);
    return [a, b, stream.uniform()] as const;
  });
  const table = tableFromColumns({
    a: rows.map(([a]) => a),
    b: rows.map(([, b]) => b),
    c: rows.map(([, , c]) => c),
  });
  return { table, labels: rows.map((_, row) => Number(row >= normals)) };
}
const { table } = plant(120, 0);
const knn = { detector: "knn", trials: 12, repeats: 1 } as const;

test("without labels it finds a better neighbourhood", async () => {
  const found = await tune(table, knn);
  // Better for certain, but by too little to say anything of true anomalies.
  expect(found).toMatchObject({ detector: "knn", objective: "combined", defaultIsAsGood: true });
  expect(found.trials).toHaveLength(12);
  expect(found.trials[0]!.point).toEqual({ scaling: "standard", k: 5, method: "largest" });
  expect(found.options).toEqual(found.trials[0]!.point);
  expect(found.best.point["k"]).toBeLessThan(5);
  expect(found.gain).toMatchObject({ least: 0.02, worse: [] });
  expect(found.gain!.lower).toBeGreaterThan(0);
  expect(found.gain!.lower).toBeLessThan(0.02);
  const { parts } = found.best;
  expect(parts!["combined"]).toBeCloseTo(
    0.5 * parts!["separation"]! + 0.25 * parts!["stability"]! + 0.25 * parts!["consensus"]!,
    12,
  );
  expect(found.importance!["k"]).toBeGreaterThan(0.5);
});

test("the same seed finds the same, also from trials of before", async () => {
  const whole = await tune(table, { ...knn, trials: 3, objective: "separation" });
  const heard: number[] = [];
  const resumed = await tune(table, {
    ...{ ...knn, trials: 3, objective: "separation", previous: whole.trials.slice(0, 2) },
    onTrial: ({ number }) => heard.push(number),
  });
  expect(resumed).toEqual(whole);
  expect(heard).toEqual([2]);
  expect(await tune(table, { ...knn, trials: 3, objective: "separation" })).toEqual(whole);
  const other = await tune(table, { ...knn, trials: 2, objective: "separation", seed: 1 });
  expect(other.trials[1]!.point).not.toEqual(whole.trials[1]!.point);
  const [{ parts: _, ...bare }] = whole.trials as [TuneTrial];
  const damaged = [bare, { ...whole.trials[1]!, number: -1 }, { ...whole.trials[1]!, point: { k: "5" } }];
  for (const trial of damaged) {
    const previous = [trial as TuneTrial];
    await expect(tune(table, { ...knn, objective: "separation", previous })).rejects.toThrow(
      /"previous" holds no trial of this search at 0/,
    );
  }
  expect(whole.importance).toBeNull();
  expect(whole.notes.join(" ")).toMatch(/from 10 trials on; there are 3 with a value/);
});

test("with labels it measures by them, and says how little a few can tell", async () => {
  const { table, labels } = plant(160, 8);
  const found = await tune(samplesOf(table, { labels }), { ...knn, trials: 3 });
  expect(found.objective).toBe("auroc");
  expect(found.trials[0]!.parts).toHaveProperty("average-precision");
  expect(found.notes.join(" ")).toMatch(/8 labelled anomalies tell an AUROC of 0\.\d\d to within 0\.\d\d/);
  expect(found.notes.join(" ")).not.toMatch(/time was over/);
  const normal = samplesOf(table, { labels: labels.map(() => 0) });
  expect(planTuning(normal, knn)).toMatchObject({
    objective: "combined",
    doubts: [expect.stringMatching(/has labels, but no row is labelled an anomaly/)],
  });
  expect(planTuning(normal, { ...knn, objective: "combined" }).doubts).toEqual([]);
});

test("an objective that needs no labels sees none, and no anomaly", async () => {
  const { table: mixed, labels } = plant(200, 30);
  const own = tableFromColumns(
    Object.fromEntries(
      mixed.columns.map((column) => [
        column.name,
        column.kind === "numeric" ? column.values.slice(0, 200) : [],
      ]),
    ),
  );
  const options = { ...knn, trials: 1, objective: "combined" } as const;
  const labelled = await tune(samplesOf(mixed, { labels }), options);
  expect(labelled.trials).toEqual((await tune(own, options)).trials);
});

test("a detector is not measured on what it learns from", () => {
  const unseen = (name: string, options = {}, kind: "table" | "series" | "images" = "table") =>
    unseenDamages(detectors[name]!, options, kind);
  expect(unseen("knn")).toHaveLength(4);
  expect(unseen("knn", {}, "series")).toHaveLength(6);
  expect(unseen("fcdd", {}, "images")).toEqual(["grain", "turned"]);
  expect(unseen("deep-svdd", { pretraining: "transforms" }, "images")).toEqual([
    "confetti",
    "defects",
    "grain",
  ]);
  expect(unseen("deep-svdd", { pretraining: "transforms" }, "series")).not.toContain("reversed-steps");
  expect(unseen("drocc")).toEqual(["swapped-values", "shuffled-columns"]);
  expect(unseen("hsc", { synthesis: "shifted-features" })).not.toContain("shifted-values");
  expect(unseen("hsc", { synthesis: "shuffled-columns" })).toEqual(["shifted-values", "drawn-values"]);
});

test("options that are given stay, and the defaults are the answer where nothing is better", async () => {
  const found = await tune(table, {
    ...{ detector: "isolation-forest", trials: 2, repeats: 1, objective: "stability" },
    options: { trees: 400, maxSamples: 128, maxFeatures: 1 },
  });
  // Of an isolation forest scaling decides nothing: every setting is as good.
  expect(Object.keys(found.space)).toEqual(["scaling"]);
  expect(found).toMatchObject({ defaultIsAsGood: true, options: { trees: 400, scaling: "standard" } });
  expect(found.best.number).toBe(0);
  expect(found.gain).toBeNull();
});

test("a search of which every trial fails says why; one of some goes on", async () => {
  const stream = createRandom(1).stream("x");
  const constant = tableFromColumns({ a: Array.from({ length: 80 }, () => 1) });
  await expect(tune(constant, { ...knn, trials: 2 })).rejects.toThrow(/No trial ended with a value: /);
  const wide = tableFromColumns({
    a: Array.from({ length: 80 }, () => stream.normal()),
    b: Array.from({ length: 80 }, () => stream.normal()),
  });
  // Halves of 32 rows, of which a quarter is held out, have no 26th neighbour.
  const found = await tune(wide, { ...knn, trials: 8, sampler: "random", objective: "separation" });
  const failed = found.trials.filter(({ error }) => error !== undefined);
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.length).toBeLessThan(8);
  expect(found.notes.join(" ")).toMatch(new RegExp(`${failed.length} trials? of 8 failed`));
});

test("successive halving grows fewer trees at first, and answers by settings in full", async () => {
  const options = {
    detector: "isolation-forest",
    trials: 12,
    repeats: 1,
    objective: "separation",
    halving: 3,
  } as const;
  const found = await tune(table, options);
  expect(found.trials.map(({ share }) => share)).toContain(1 / 9);
  expect(found.trials.map(({ share }) => share)).toContain(1 / 3);
  expect(found.best.share).toBeUndefined();
  expect(found.notes.join(" ")).toMatch(/with a value in full/);
  const plan = planTuning(samplesOf(table), options);
  expect(pointOf(plan, { point: { trees: 90, scaling: "robust" }, share: 1 / 9 })).toEqual({
    ...{ trees: 10, scaling: "robust" },
  });
  const given = planTuning(samplesOf(table), { ...options, options: { trees: 100 } });
  expect(pointOf(given, { point: {}, share: 1 / 3 })).toEqual({ trees: 33 });
  expect(pointOf(plan, { point: { trees: 90 } })).toEqual({ trees: 90 });
});

test("refuses what it cannot do before anything runs", async () => {
  const refused = async (message: RegExp, options: object, data: Parameters<typeof tune>[0] = table) =>
    expect(tune(data, options as never)).rejects.toThrow(message);
  await refused(/loss of training is no objective: it is lowest where the network has collapsed/, {
    objective: "loss",
  });
  await refused(/objective is "f1", expected one of combined/, { objective: "f1" });
  await refused(/sampler is "grid", expected one of tpe, random, genetic/, { sampler: "grid" });
  await refused(/"trials" is 0/, { trials: 0 });
  await refused(/"halving" is 1, expected a number from 2 to 10/, { detector: "drocc", halving: 1 });
  await refused(/knn has no training steps that successive halving/, { detector: "knn", halving: 3 });
  await refused(/There is no detector "kn"/, { detector: "kn" });
  await refused(/There is no option "k" of tune/, { k: 3 });
  await refused(/A seed is given among the options/, { options: { seed: 3 } });
  await refused(/has no labels, which the objective auroc needs/, { objective: "auroc" });
  await refused(/has 40 normal rows; a search without labels needs 60/, {}, plant(40, 0).table);
  await refused(/does not learn from rows of a table/, { detector: "transforms" });
  await refused(/knn has no option left to search/, {
    detector: "knn",
    options: { k: 3, method: "mean", scaling: "robust" },
  });
  expect(() => objectiveOf("loss", undefined)).toThrow(/collapsed/);
});

test("the answer needs a gain above 0.02 without labels and no damage told worse, above 0 with labels", async () => {
  const { table, labels } = plant(120, 8);
  const notes: string[] = [];
  const answer = async (objective: "separation" | "auroc", gain: number, spikes: number) => {
    const plan = planTuning(samplesOf(table, { labels }), { ...knn, objective });
    const trial = (number: number, k: number, value: number) => ({
      ...{ number, point: { k }, value, values: [value] },
      parts: { [objective]: value, auroc: value, "swapped-values": 0.7 },
    });
    const trials = [trial(0, 5, 0.5), trial(1, 1, 0.5 + gain)];
    const found = await concludeTuning(plan, trials, async ({ number }) => ({
      values: [0, 1, 2, 3].map((repeat) => 0.5 + number * gain + 0.001 * number * repeat),
      parts: { "swapped-values": 0.7 + number * spikes },
    }));
    notes.push(found.notes.join(" "));
    return found.defaultIsAsGood ? (found.gain!.worse[0] ?? "too little") : "best";
  };
  expect(await answer("separation", 0.05, 0.01)).toBe("best");
  expect(await answer("separation", 0.05, -0.01)).toBe("swapped-values");
  expect(await answer("separation", 0.015, 0.01)).toBe("too little");
  expect(notes.join(" ")).not.toMatch(/by chance/);
  expect(await answer("auroc", 0.015, -0.01)).toBe("best");
  expect(notes.at(-1)).toMatch(
    /by an AUROC of 0.5\d, and by chance it would be 0.5: no setting .* find them/,
  );
  expect(notes.at(-1)).toMatch(/The time was over after 2 of 12 trials/);
  expect(await answer("auroc", 0.45, 0)).toBe("best");
  expect(notes.at(-1)).not.toMatch(/by chance/);
});

test("a paired gain is Student's interval of the differences", () => {
  // Of 0.1, 0.2, 0.3, 0.2: mean 0.2, standard error 0.0408248, 3.182446 of which are 0.1299.
  const { mean, lower, upper } = pairedGain([0.6, 0.7, 0.8, 0.7], [0.5, 0.5, 0.5, 0.5]);
  expect(mean).toBeCloseTo(0.2, 12);
  expect(upper - mean).toBeCloseTo(0.1299, 2);
  expect(mean - lower).toBeCloseTo(upper - mean, 12);
});

/** A wave with a little noise, and a second channel in step with it. */
function wave(steps: number) {
  const stream = createRandom(3).stream("wave");
  const a = Array.from({ length: steps }, (_, step) => Math.sin(step / 3) + 0.05 * stream.normal());
  return tableFromColumns({ a, b: a.map((value) => 2 * value + 0.05 * stream.normal()) });
}

test("windows of a series are split in blocks that share no step, and told from damaged ones", async () => {
  const series = seriesFromTable(wave(700), { window: 12, stride: 2 });
  const { halves, normal, damaged } = await new TuneHalves(series, 2000).repeat(0);
  const steps = [normal, ...halves].map((part) => {
    const { starts, layout } = part as typeof series;
    return new Set(
      [...starts].flatMap((start) => Array.from({ length: layout.window }, (_, k) => start + k)),
    );
  });
  for (const [one, other] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const)
    expect([...steps[one]!].filter((step) => steps[other]!.has(step))).toEqual([]);
  expect([...damaged.keys()]).toHaveLength(6);
  const options = { detector: "pca", trials: 2, repeats: 1, sampler: "random" } as const;
  const found = await tune(series, options);
  for (const damage of ["spikes", "noise", "raised-values"])
    expect(found.best.parts![damage]).toBeGreaterThan(0.8);
  expect(await tune(series, options)).toEqual(found);
});

test("images are told from damaged ones, and near-duplicates learn together", async () => {
  const stream = createRandom(6).stream("images");
  const image = (): Uint8Array => {
    const [x, y] = [2 + stream.int(3), 3 + stream.int(3)];
    return Uint8Array.from({ length: 144 }, (_, at) => {
      const inside = Math.abs((at % 12) - 5) < x && Math.abs(Math.floor(at / 12) - 5) < y;
      return (inside ? 200 : 40) + stream.int(12);
    });
  };
  // Every second image is another shot of the one before it.
  const shots = Array.from({ length: 60 }, image).flatMap((first) => [
    first,
    first.map((value) => value + 1),
  ]);
  const images = imagesFrom(
    shots.map((data) => ({ height: 12, width: 12, data })),
    { names: shots.map((_, k) => String(k)) },
  );
  const { halves, normal } = await new TuneHalves(images, 2000).repeat(0);
  for (const part of [normal, ...halves]) {
    const { names } = part as typeof images;
    expect(names!.length).toBeGreaterThan(10);
    for (const name of names!) expect(names).toContain(String(Number(name) ^ 1));
  }
  const found = await tune(images, { detector: "knn", trials: 2, repeats: 1, objective: "separation" });
  const parts = found.best.parts!;
  expect(Object.keys(parts)).toEqual(["separation", "stability", "confetti", "defects", "grain", "turned"]);
  for (const damage of ["confetti", "grain"]) expect(parts[damage]).toBeGreaterThan(0.8);
});

import { expect, test } from "vitest";
import { samplesOf, seriesFromTable, tableFromColumns } from "../../data/index.js";
import { detectors } from "../../detectors/registry.js";
import { createRandom } from "../../math/random.js";
import { provideBackend } from "../../runtime/index.js";
import { nodeBackend } from "../../runtime/node/backend.js";
import { pairedGain } from "./answer.js";
import { objectiveOf } from "./objectives.js";
import { unseenDamages } from "./tables.js";
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
  expect(found).toMatchObject({ detector: "knn", objective: "combined", defaultIsAsGood: false });
  expect(found.trials).toHaveLength(12);
  expect(found.trials[0]!.point).toEqual({ scaling: "standard", k: 5, method: "largest" });
  expect(found.options).toEqual(found.best.point);
  expect(found.options["k"]).toBeLessThan(5);
  expect(found.gain!.lower).toBeGreaterThan(0);
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
  expect(whole.importance).toBeNull();
  expect(whole.notes.join(" ")).toMatch(/from 10 trials on; 3 have a value/);
});

test("with labels it measures by them, and says how little a few can tell", async () => {
  const { table, labels } = plant(160, 8);
  const found = await tune(samplesOf(table, { labels }), { ...knn, trials: 3 });
  expect(found.objective).toBe("auroc");
  expect(found.trials[0]!.parts).toHaveProperty("average-precision");
  expect(found.notes.join(" ")).toMatch(/8 labelled anomalies tell an AUROC of 0\.\d\d to within 0\.\d\d/);
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
  expect(unseenDamages(detectors["knn"]!, {})).toHaveLength(4);
  expect(unseenDamages(detectors["drocc"]!, {})).toEqual(["swapped-values", "shuffled-columns"]);
  expect(unseenDamages(detectors["hsc"]!, { synthesis: "shifted-features" })).not.toContain("shifted-values");
  expect(unseenDamages(detectors["hsc"]!, { synthesis: "shuffled-columns" })).toEqual([
    "shifted-values",
    "drawn-values",
  ]);
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

test("refuses what it cannot do before anything runs", async () => {
  const refused = async (message: RegExp, options: object, data: Parameters<typeof tune>[0] = table) =>
    expect(tune(data, options as never)).rejects.toThrow(message);
  await refused(/loss of training is no objective: it is lowest where the network has collapsed/, {
    objective: "loss",
  });
  await refused(/objective is "f1", expected one of combined/, { objective: "f1" });
  await refused(/sampler is "grid", expected one of tpe, random, genetic/, { sampler: "grid" });
  await refused(/"trials" is 0/, { trials: 0 });
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
  const series = seriesFromTable(table, { window: 10 });
  await refused(/holds windows.*damages rows of tables, and knows no damage for them/, {}, series);
  expect(() => objectiveOf("loss", undefined)).toThrow(/collapsed/);
});

test("a paired gain is Student's interval of the differences", () => {
  // Of 0.1, 0.2, 0.3, 0.2: mean 0.2, standard error 0.0408248, 3.182446 of which are 0.1299.
  const { mean, lower, upper } = pairedGain([0.6, 0.7, 0.8, 0.7], [0.5, 0.5, 0.5, 0.5]);
  expect(mean).toBeCloseTo(0.2, 12);
  expect(upper - mean).toBeCloseTo(0.1299, 2);
  expect(mean - lower).toBeCloseTo(upper - mean, 12);
});

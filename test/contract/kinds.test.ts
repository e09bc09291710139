/**
 * What every detector promises on every kind of data, with both ways to calibrate. Detectors come from the registry,
 * kinds from `features/kinds`: a new one of either is tested by being there. Options and the edges of tables are in
 * `detectors.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Detector, type DetectorEntry, detectors } from "../../src/detectors/registry.js";
import { METHODS } from "../../src/explain/index.js";
import { kinds } from "../../src/features/kinds/index.js";
import {
  configureRuntime,
  driftReport,
  type Explanation,
  explain,
  HypersphereError,
  Model,
  provideBackend,
} from "../../src/index.js";
import { trainingReport } from "../../src/learned/index.js";
import { createRandom } from "../../src/math/random.js";
import { auroc } from "../../src/metrics/index.js";
import type { DecodedRows, Progress, RowSplit } from "../../src/model/contract.js";
import { trainingPage } from "../../src/report/training/training-page.js";
import { nodeBackend } from "../../src/runtime/node/backend.js";
import { tieBound } from "../../src/scoring/index.js";
import {
  calibrationsOf,
  detectorsOf,
  FAST_MAPS,
  fastOptions,
  firstMakesMaps,
  learnsByGradient,
} from "./fast.js";
import { firstRows, type Plant, plants } from "./plants.js";

// Everything in the calling thread: threads of their own take longer to start than these fits.
beforeAll(() => {
  const backend = nodeBackend({ runtime: "native", cores: 1 });
  provideBackend({ ...backend, open: async (count) => Array(count).fill(await inline(backend)) });
});
afterAll(() => configureRuntime());

/** Runtimes are closed by those who open them; this one goes on. */
async function inline(backend: ReturnType<typeof nodeBackend>) {
  const runtime = await backend.inline();
  return {
    kind: runtime.kind,
    version: runtime.version,
    cores: 1,
    createSession: runtime.createSession.bind(runtime),
    close: async () => {},
  };
}

const random = createRandom("kinds");
const plantOf = (kind: string): Plant => plants[kind]!((part) => random.stream(kind, part));
const sameBytes = (a: Model, b: Model): boolean => Buffer.compare(a.toBytes(), b.toBytes()) === 0;
const median = (values: ArrayLike<number>): number =>
  Array.from(values).toSorted((a, b) => a - b)[values.length >> 1]!;

/** Detectors of which every score has derivatives. */
const SMOOTH = new Set([
  ...["deep-svdd", "deep-sad", "hsc", "multi-scale", "drocc", "autoencoder", "pca"],
  ...["one-class-svm", "kernel-svdd"],
]);

it("there are data of every kind", () => {
  expect(Object.keys(plants).sort()).toEqual(Object.keys(kinds).sort());
});

/** Folds of networks are fitted alike, and take most of the time: those of the others with `npm run test:long`. */
const foldsOfAll = process.env["HYPERSPHERE_LONG"] !== undefined;
const hasFolds = (entry: DetectorEntry): boolean =>
  foldsOfAll || !learnsByGradient(entry) || entry.name === "deep-svdd";

const cases = Object.keys(kinds).flatMap((kind) =>
  detectorsOf(kind).flatMap((entry) => [
    ...calibrationsOf(entry)
      .filter((calibration) => calibration === "split" || hasFolds(entry))
      .map((calibration) => ({ kind, name: entry.name, calibration, entry, own: {} })),
    ...(kind === "images" && firstMakesMaps(entry)
      ? [{ kind, name: `${entry.name} with maps`, calibration: "split" as const, entry, own: FAST_MAPS }]
      : []),
  ]),
);

describe.each(cases)("$name on $kind, calibrated by $calibration", ({ kind, calibration, entry, own }) => {
  const all = plantOf(kind);
  // Maps cost most by far, and have fewer rows.
  const plant = own === FAST_MAPS ? { ...all, training: firstRows(all.training, 72) } : all;
  const create = (): Detector =>
    entry.create({
      ...fastOptions(entry),
      // The kind's own encoder once, and what is quick for folds.
      ...("encoder" in entry.options.shape && { encoder: calibration === "cross" ? "mlp" : "auto" }),
      ...("synthesis" in entry.options.shape && { synthesis: "shifted-features" }),
      ...{ seed: 5, calibration, calibrationFolds: 2 },
      ...own,
    });
  const events: Progress[] = [];
  const decoded: DecodedRows[] = [];
  let split: RowSplit | undefined;
  let model: Model;
  beforeAll(async () => {
    model = await create().fit(plant.training, {
      onProgress: (event) => events.push(event),
      onDecoded: (rows) => decoded.push(rows),
      onSplit: (parts) => {
        split = parts;
      },
    });
  });

  it("gives the same bytes for the same seed", async () => {
    expect(sameBytes(await create().fit(plant.training), model)).toBe(true);
  });

  it("scores the more abnormal higher", async () => {
    const [normal, mild, strong] = [
      (await model.score(plant.normal)).scores,
      (await model.score(plant.mild)).scores,
      (await model.score(plant.strong)).scores,
    ];
    const all = [...normal, ...mild, ...strong];
    expect(all.every(Number.isFinite)).toBe(true);
    expect(new Set(all).size).toBeGreaterThan(0.5 * all.length);
    expect(median(mild)).toBeGreaterThan(median(normal));
    expect(median(strong)).toBeGreaterThan(median(mild));
    const labels = [...normal, ...strong].map((_, row) => (row < normal.length ? 0 : 1));
    expect(auroc(labels, [...normal, ...strong])).toBeGreaterThan(0.9);
  });

  it("answers p-values that follow from its calibration scores", async () => {
    const sorted = model.calibrationScores;
    const n = sorted.length;
    expect([...sorted]).toEqual([...sorted].toSorted((a, b) => a - b));
    for (const data of [plant.normal, plant.strong]) {
      const { scores, pValues, isAnomaly, threshold } = await model.score(data);
      pValues.forEach((p, row) => {
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        // Each fold's rows are compared with scores of the fold's own detector, so that only the grid is known here.
        const bound = tieBound(scores[row]!, model.ties);
        const atLeast = sorted.filter((score) => score >= bound).length;
        const count = calibration === "split" ? 1 + atLeast : Math.round(p * (n + 1));
        expect(p).toBe(Math.fround(count / (n + 1)));
        expect(isAnomaly[row]).toBe(bound > Math.fround(threshold) ? 1 : 0);
      });
    }
    expect(median((await model.score(plant.normal)).pValues)).toBeGreaterThan(0.2);
    expect(median((await model.score(plant.strong)).pValues)).toBeLessThan(0.1);
  });

  it("has a complete card", () => {
    const { card } = model;
    expect(card.detector).toBe(entry.name);
    expect(detectors[card.detector]!.create({ ...card.options }).options).toEqual(create().options);
    expect(Object.values(card.versions).every((version) => version.length > 0)).toBe(true);
    expect(card.schema.kind).toBe(kind);
    expect(card.data.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const { rows, train, validation, calibration: held } = card.data;
    expect(rows).toBe(plant.training.rowCount);
    expect(held).toBe(model.calibrationScores.length);
    expect(card.threshold).toMatchObject({ calibrationSize: held, threshold: expect.any(Number) });
    expect(card.training).toBeInstanceOf(Object);
    expect(JSON.parse(JSON.stringify(card))).toEqual(card);
    if (calibration === "cross") {
      expect([train, held]).toEqual([rows, rows]);
      return;
    }
    expect(held).toBeGreaterThan(10);
    // What is held out shares no part with what is learned from: of windows that overlap some are left out.
    const overlap = (kinds as Record<string, { overlap(data: unknown): number }>)[kind]!.overlap(
      plant.training,
    );
    if (overlap === 0) expect(train + validation + held).toBe(rows);
    else expect(train + validation + held).toBeLessThan(rows);
  });

  if (calibration === "split") {
    it("sees no drift in the observations that it was fitted to, and says how many they are", async () => {
      const all = await driftReport(model, plant.training);
      expect(all).toMatchObject({
        drift: false,
        trainedOn: plant.training.rowCount,
        observed: 0,
        pValues: null,
      });
      const fresh = await driftReport(model, plant.normal);
      expect(fresh.trainedOn).toBe(0);
      expect(fresh.observed).toBeGreaterThan(0);
    });
  }

  it("tells which rows it used for what, unless every row has every part", async () => {
    if (calibration === "cross") {
      expect(split).toBeUndefined();
      return;
    }
    const { train, validation, calibration: held } = split!;
    const { data } = model.card;
    expect([train.length, validation.length, held.length]).toEqual([
      data.train,
      data.validation,
      data.calibration,
    ]);
    const { scores } = await model.score(plant.training);
    expect(held.toSorted().length).toBe(
      new Set([...train, ...validation, ...held]).size - train.length - validation.length,
    );
    expect(Float32Array.from(held, (row) => scores[row]!).sort()).toEqual(model.calibrationScores);
  });

  // Folds differ on no other kind.
  it.runIf(calibration === "split" || kind === "table")(
    "shows what it learned on a page, and says of the rest why it is not there",
    async () => {
      const report = await trainingReport(model, { data: plant.training, split, decoded });
      const { curves, control, latent, reconstructions, centre, rows, left } = report;
      const sections: Record<string, boolean> = {
        Curves: curves.length > 0,
        "The untrained control": control !== undefined,
        "The latent space": latent.length > 0,
        Reconstructions: reconstructions !== undefined,
        "The picture of the centre": centre !== undefined,
        Rows: rows !== undefined,
      };
      const missing = Object.keys(sections).filter((what) => !sections[what]);
      expect(left.map(({ what }) => what)).toEqual(missing);
      expect(left.every(({ why }) => why.length > 10)).toBe(true);
      if (learnsByGradient(entry)) expect(curves.length).toBeGreaterThan(0);
      expect(control !== undefined).toBe(learnsByGradient(entry));
      const named = Object.keys(model.card.inside ?? {});
      expect(latent.length > 0).toBe(named.some((name) => name.endsWith(".latent")));
      for (const { x, y } of latent) expect([...x, ...y].every(Number.isFinite)).toBe(true);
      const pretrained =
        "pretrainSteps" in entry.options.shape &&
        JSON.stringify(model.card.training).includes('"pretraining":{"curve":[{');
      expect(decoded.length > 0).toBe(pretrained);
      const page = await trainingPage(report);
      expect(page).not.toMatch(/<script|(src|href)="(?!data:image\/png)/);
      expect(page).not.toMatch(/NaN|undefined|Infinity/);
      expect(page).toContain("Scores and thresholds");
      expect(page.includes("How the training went")).toBe(sections["Curves"]);
      expect(page.includes("Was training worth it")).toBe(sections["The untrained control"]);
    },
  );

  // Folds of images, and maps that are made on request, are explained as others are, only more slowly.
  const explains = kind !== "images" || (calibration === "split" && own !== FAST_MAPS);
  it.runIf(explains).each(METHODS)(
    "has scores that explanations by %s add up to, or says why not",
    async (method) => {
      const given = { method, rows: [0], neighbours: 1, changes: 0, background: plant.normal };
      try {
        const sampled = method === "shapley" ? { samples: 1 } : {};
        const { rows } = await explain(model, plant.strong, { ...given, ...sampled });
        const [{ score, baseline, rest, contributions, path }] = rows as [Explanation];
        expect(score).toBe((await model.score(plant.strong)).scores[0]);
        const sum = contributions.reduce((all, each) => all + each.contribution, baseline + rest);
        const size = contributions.reduce((all, each) => all + Math.abs(each.contribution), Math.abs(score));
        // Terms and derivatives come from a graph of their own, whose float32 numbers end elsewhere.
        expect(Math.abs(sum - score)).toBeLessThanOrEqual(1e-5 * size);
        expect(contributions.some(({ contribution }) => contribution !== 0)).toBe(true);
        if (method === "gradients") expect(path!.missed).toBeLessThanOrEqual(0.01);
      } catch (error) {
        if (!(error instanceof HypersphereError)) throw error;
        expect(method).toMatch(/exact|gradients/);
        expect(error).toMatchObject({ code: "invalid-option", hint: expect.stringContaining("nearest") });
        expect(SMOOTH.has(entry.name) && calibration === "split" && method === "gradients").toBe(false);
      }
    },
  );

  it("comes back from its bytes as it was", async () => {
    const loaded = await Model.fromBytes(model.toBytes());
    expect(sameBytes(loaded, model)).toBe(true);
    expect(loaded.card).toEqual(model.card);
    expect(await loaded.score(plant.mild)).toEqual(await model.score(plant.mild));
  });

  it("refuses data of another kind", async () => {
    for (const other of Object.keys(kinds).filter((name) => name !== kind)) {
      await expect(model.score(firstRows(plantOf(other).normal, 2))).rejects.toMatchObject({
        code: "schema-mismatch",
      });
    }
  });

  it("tells its progress from 0 to 1, never going back", () => {
    const fractions = events.map(({ fraction }) => fraction);
    expect(fractions[0]).toBe(0);
    expect(fractions.at(-1)).toBe(1);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
  });

  it("stops in the middle when asked to", async () => {
    const stop = new AbortController();
    let left = events.length >> 2;
    const onProgress = (): void => {
      if (--left <= 0) stop.abort();
    };
    await expect(create().fit(plant.training, { signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: "aborted",
    });
    await expect(model.score(plant.normal, { signal: stop.signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  if (learnsByGradient(entry)) trained();
  else {
    it("has no untrained control: nothing in it is trained", async () => {
      expect(await model.untrainedScores(plant.normal)).toBeUndefined();
    });
  }

  function trained(): void {
    it("has moved its weights, and its loss fell", async () => {
      const { scores } = await model.score(plant.normal);
      const untrained = (await model.untrainedScores(plant.normal))!;
      expect(untrained.every(Number.isFinite)).toBe(true);
      const unit = median(scores.map(Math.abs));
      const moved = scores.filter((score, row) => Math.abs(score - untrained[row]!) > 1e-3 * unit);
      expect(moved.length).toBeGreaterThan(0.5 * scores.length);
      const losses: Record<string, number[]> = {};
      for (const { fold, member, stage, loss } of events) {
        if (loss === undefined) continue;
        const where = `fold ${fold}, member ${member}, ${stage}`;
        losses[where] = [...(losses[where] ?? []), loss];
      }
      expect(Object.keys(losses)).not.toEqual([]);
      for (const [stage, heard] of Object.entries(losses)) {
        expect(heard.length, stage).toBeGreaterThan(1);
        expect(heard.every(Number.isFinite), stage).toBe(true);
        expect(Math.min(...heard), stage).toBeLessThan(heard[0]!);
      }
    });
  }
});

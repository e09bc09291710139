import { describe, expect, it } from "vitest";
import { type SeriesSet, selectSeries, seriesFromTable, tableFromRows } from "../data/index.js";
import { Contrast, DeepSvdd, IsolationForest, Kmeans, type Model, Pca } from "../index.js";
import { createRandom } from "../math/random.js";
import { type Backend, currentBackend } from "../runtime/index.js";

const WINDOW = 40;
const layout = { window: WINDOW, timeColumn: "time", entityColumn: "machine" };

/** Readings of two machines with a gap, missing cells, a column of texts and one that stands still. */
function readings(seed: number, count: number, odd = false): SeriesSet {
  const random = createRandom(seed).stream("rows");
  const rows = Array.from({ length: 2 * count }, (_, k) => {
    const step = k % count;
    const noise = (): number => 0.2 * random.normal();
    return {
      machine: k < count ? "press" : "saw",
      time: step + (step > count / 3 ? 500 : 0),
      flow: Math.sin(step / 5) + noise() + (odd && step % 400 > 370 ? 3 : 0),
      load: random.uniform() < 0.01 ? null : Math.cos(step / 9) + noise(),
      heat: Math.sin(step / 14) * Math.cos(step / 3) + noise(),
      mode: step % 50 < 35 ? "run" : odd && step % 50 === 40 ? "new" : "idle",
      setting: odd && step % 600 === 599 ? 8 : 7,
    };
  });
  return seriesFromTable(tableFromRows(rows), { ...layout, stride: odd ? 1 : 4 });
}

/** Counts runs by what they are fed. */
function counted(): { backend: Backend; runs: { steps: number; windows: number } } {
  const runs = { steps: 0, windows: 0 };
  const own = currentBackend();
  const backend: Backend = {
    ...own,
    inline: async () => {
      const runtime = await own.inline();
      return {
        ...{ kind: runtime.kind, version: runtime.version, cores: runtime.cores },
        close: () => runtime.close(),
        createSession: async (model, options) => {
          const session = await runtime.createSession(model, options);
          return {
            ...{ inputNames: session.inputNames, outputNames: session.outputNames },
            bind: (...given) => session.bind(...given),
            release: () => session.release(),
            run(feeds, outputs) {
              runs["steps.starts" in feeds ? "steps" : "windows"]++;
              return session.run(feeds, outputs);
            },
          };
        },
      };
    },
  };
  return { backend, runs };
}

const training = readings(1, 400);
const today = readings(2, 2400, true);

/** Scores of all windows at once, and of some of them a few at a time, which are scored window by window. */
async function bothOf(model: Model) {
  const { backend, runs } = counted();
  const over = await model.score(today, { backend });
  const few = Uint32Array.from({ length: 300 }, (_, k) => 7 + k * 15);
  const plain = await model.score(selectSeries(today, few), { backend });
  await model.close();
  return { over, plain, few, runs };
}

describe("windows that overlap are scored over their steps, and say what they say one by one:", () => {
  const small = { epochs: 1, pretrainEpochs: 1, members: 1, latentDim: 8 };
  it.each([
    ["pca", () => new Pca()],
    ["pca of shapes", () => new Pca({ normalise: "window" })],
    ["kmeans", () => new Kmeans({ clusters: 8 })],
    ["forest", () => new IsolationForest({ trees: 20 })],
    ["deep-svdd by convolutions", () => new DeepSvdd({ ...small, encoder: "conv1d" })],
    ["contrast", () => new Contrast({ filters: 4, steps: 2, batchSize: 8 })],
  ] as const)("%s", async (_, make) => {
    const model = await make().fit(training);
    const { over, plain, few, runs } = await bothOf(model);
    expect(runs.steps).toBeGreaterThan(0);
    expect(runs.windows).toBeGreaterThan(0);
    const at = <T>(values: ArrayLike<T>): T[] => Array.from(few, (row) => values[row]!);
    expect(at(over.isAnomaly)).toEqual(Array.from(plain.isAnomaly));
    expect(at(over.pValues)).toEqual(Array.from(plain.pValues));
    expect(new Set(over.isAnomaly).size).toBe(2);
    plain.scores.forEach((score, k) => {
      expect(Math.abs(over.scores[few[k]!]! - score)).toBeLessThanOrEqual(
        1e-6 * Math.max(1, Math.abs(score)),
      );
    });
    expect(Object.keys(over.views ?? {})).toEqual(Object.keys(plain.views ?? {}));
  });
});

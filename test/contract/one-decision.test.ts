/**
 * One row, one score, one p-value, one decision: whatever rows stand beside it, on every runtime. On data with ties, where
 * a last digit decides about many rows at once.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Dataset, imagesFrom, seriesFromTable, tableFromColumns } from "../../src/data/index.js";
import { Auto } from "../../src/detectors/auto/auto.js";
import type { DetectorEntry } from "../../src/detectors/registry.js";
import { selectSamples } from "../../src/features/index.js";
import { kinds } from "../../src/features/kinds/index.js";
import { createRandom } from "../../src/math/random.js";
import type { Model, Scores } from "../../src/model/index.js";
import { type Backend, provideBackend, type Runtime } from "../../src/runtime/index.js";
import { nodeBackend } from "../../src/runtime/node/backend.js";
import { loadNativeRuntime } from "../../src/runtime/node/native.js";
import { loadWasmRuntime } from "../../src/runtime/web/wasm.js";
import { detectorsOf, FAST_MAPS, fastOptions, firstMakesMaps } from "./fast.js";
import "../property-draws.js";

let native: Runtime;
let wasm: Runtime;
const backendOf = (runtime: Runtime): Backend => ({
  cores: 1,
  inline: async () => runtime,
  open: async (count) => Array(count).fill(runtime),
});
beforeAll(async () => {
  native = await loadNativeRuntime();
  wasm = await loadWasmRuntime();
  provideBackend(backendOf(native));
});
afterAll(async () => {
  await native.close();
  await wasm.close();
});

const stream = createRandom("ties").stream("rows");
/** Few different rows, most of them often: counters and modes, as machines write them. */
const ties: Readonly<Record<string, (count: number, far: number) => Dataset>> = {
  table: (count, far) => {
    const whole = (): number[] =>
      Array.from({ length: count }, () => stream.int(3) + (stream.uniform() < 0.1 ? far : 0));
    const mode = Array.from({ length: count }, () => ["idle", "run", "stop"][stream.int(3)]!);
    return tableFromColumns({ a: whole(), b: whole(), c: whole(), mode });
  },
  series: (count, far) => {
    const level = Array.from(
      { length: 4 * count },
      (_, k) => ((k >> 2) % 3) + (stream.uniform() < 0.02 ? far : 0),
    );
    const flow = level.map((value) => 10 * value);
    return seriesFromTable(tableFromColumns({ level, flow }), { window: 8, stride: 4 });
  },
  images: (count, far) => {
    const kindsOf = Array.from({ length: count }, () => stream.int(6));
    const bright = (image: number, x: number, y: number): number =>
      40 * (1 + ((x + (y >> 1) * image) % 4)) + (image === 5 ? 10 * far : 0);
    const data = Uint8Array.from({ length: count * 64 }, (_, at) =>
      Math.min(255, bright(kindsOf[at >> 6]!, at % 8, (at >> 3) % 8)),
    );
    return imagesFrom({ data, count, height: 8, width: 8, channels: 1 }, { source: "modes" });
  },
};

/** The encoders of a kind: all of them where a detector has a choice. */
const ENCODERS: Readonly<Record<string, readonly string[]>> = {
  table: ["mlp"],
  series: ["conv1d", "lstm", "tcn", "transformer"],
  images: ["auto"],
};

function optionsOf(entry: DetectorEntry, kind: string): readonly Record<string, unknown>[] {
  // All directions but one explain such rows without a rest.
  const fast = { ...fastOptions(entry), ...(entry.name === "pca" && { components: 1 }) };
  if (!("encoder" in entry.options.shape)) return [fast];
  // All encoders with one detector; others with the first.
  const encoders = entry.name === "deep-svdd" ? ENCODERS[kind]! : ENCODERS[kind]!.slice(0, 1);
  return encoders.map((encoder) => ({ ...fast, encoder }));
}

const cases = Object.keys(kinds).flatMap((kind) =>
  detectorsOf(kind).flatMap((entry) => [
    ...optionsOf(entry, kind).map((options) => ({
      kind,
      entry,
      options,
      maps: entry.masks,
      called: `${entry.name} ${"encoder" in options ? `(${options["encoder"]}) ` : ""}on ${kind}`,
    })),
    ...(kind === "images" && firstMakesMaps(entry)
      ? [
          {
            kind,
            entry,
            options: { ...fastOptions(entry), ...FAST_MAPS },
            maps: true,
            called: `${entry.name} with maps on ${kind}`,
          },
        ]
      : []),
  ]),
);

describe.each(cases)("$called", ({ kind, entry, options, maps }) => {
  let model: Model;
  let rows: Dataset;
  let together: Scores;
  beforeAll(async () => {
    const training = ties[kind]!(120, 0);
    const outliers = entry.name === "hsc" ? { outliers: ties[kind]!(60, 7) } : {};
    const fitted = await entry.create({ ...options, seed: 3 }).fit(training, outliers);
    rows = ties[kind]!(60, 4);
    // A threshold that many rows have for a score: a last digit decides about all of them.
    const scores = [...new Set((await fitted.score(rows)).scores)].sort((a, b) => a - b);
    const threshold = scores[(scores.length - 1) >> 1]!;
    model = await fitted.withThreshold({ ...fitted.card.threshold, threshold });
    together = await model.score(rows);
  });
  afterAll(() => model.close());

  const expectAlike = (got: Scores, places: ArrayLike<number>): void => {
    for (const key of ["scores", "pValues", "isAnomaly"] as const) {
      expect(Array.from(got[key]), key).toEqual(Array.from(places, (row) => together[key][row]!));
    }
  };

  it("has ties, at the threshold too, and flags some rows", () => {
    expect(new Set(together.scores).size).toBeLessThan(together.scores.length);
    expect(together.scores).toContain(Math.fround(together.threshold));
    expect(together.isAnomaly).toContain(1);
    expect(together.isAnomaly).toContain(0);
  });

  it("answers the same for a row in any company", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: rows.rowCount - 1 }), { minLength: 1, maxLength: 70 }),
        async (places) => {
          const batch = Uint32Array.from(kind === "series" ? new Set(places) : places).toSorted();
          expectAlike(await model.score(selectSamples(rows, batch)), batch);
        },
      ),
      { numRuns: 12, seed: 1, examples: [[[0]], [[1]], [[2, 2, 2]], [Array(64).fill(3)]] },
    );
  });

  it("answers the same in WebAssembly", async () => {
    const there = await model.score(rows, { backend: backendOf(wasm) });
    expect(there.pValues).toEqual(together.pValues);
    expect(there.isAnomaly).toEqual(together.isAnomaly);
    // ONNX Runtime convolves in float32 alone: scores of two-dimensional networks come out apart, by less than counts.
    const convolves = maps || ["encoder", "encoderWidth"].some((name) => name in options);
    const { share, size } = kind === "images" && convolves ? model.ties : { share: 0, size: 0 };
    there.scores.forEach((score, row) => {
      const wanted = together.scores[row]!;
      expect(Math.abs(score - wanted)).toBeLessThanOrEqual((share / 2) * Math.max(size, Math.abs(wanted)));
    });
  });
});

describe("auto on many columns", () => {
  // Few rows and many take different ways through its graph.
  it("answers the same for one row and for many, in a thread of its own as well", async () => {
    const wide = (count: number): Dataset =>
      tableFromColumns(
        Object.fromEntries(
          Array.from({ length: 43 }, (_, column) => [
            `c${column}`,
            Float64Array.from({ length: count }, () => stream.int(3) + 0.1 * stream.int(2)),
          ]),
        ),
      );
    const model = await new Auto({ seed: 3 }).fit(wide(200));
    const rows = wide(70_000);
    const all = await model.score(rows, { backend: nodeBackend({ runtime: "native", cores: 1 }) });
    for (const size of [1, 2, 8, 9, 300]) {
      const some = Uint32Array.from({ length: size }, (_, k) => k * 200);
      const here = await model.score(selectSamples(rows, some));
      expect(here.scores).toEqual(Float32Array.from(some, (row) => all.scores[row]!));
      expect(here.isAnomaly).toEqual(Uint8Array.from(some, (row) => all.isAnomaly[row]!));
    }
    await model.close();
  });
});

/** What follows from a detector's definition alone: the detector of this file is known nowhere else. */
import { Command } from "commander";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { SchemaFlags } from "../../src/cli/flags/schema-flags.js";
import { imagesFrom, seriesFromTable, tableFromMatrix } from "../../src/data/index.js";
import { type Detector, defineDetector, type Start } from "../../src/detectors/define.js";
import { calibrationOptions, inputOptions } from "../../src/detectors/fit/common-options.js";
import { abs, mul, sub, sum } from "../../src/graph/index.js";
import { createRandom } from "../../src/math/random.js";
import { Model } from "../../src/model/index.js";
import { provideBackend } from "../../src/runtime/index.js";
import { nodeBackend } from "../../src/runtime/node/backend.js";

/** Manhattan distance to the mean of the training rows. */
const FarFromMean = defineDetector({
  name: "far-from-mean",
  title: "Distance to the mean of the training rows",
  options: z.strictObject({
    ...inputOptions,
    stretch: z.number().gt(0).max(10).default(1).describe("Factor of the distance"),
    ...calibrationOptions,
  }),
  async train({ stretch }, { train: { rows, columns, data } }) {
    const mean = new Float32Array(columns);
    data.forEach((value, k) => {
      mean[k % columns]! += value / rows;
    });
    return {
      scorer: {
        score: (features) => {
          const middle = features.graph.initializer("mean", "float32", [columns], mean);
          return mul(sum(abs(sub(features, middle)), [1]), stretch);
        },
        training: { rows },
      },
      untrained: undefined,
    };
  },
});

/** The same with everything that a definition can have beside. */
const Choosy = defineDetector({
  name: "choosy",
  title: "Distance to the mean of every second row",
  options: z.strictObject({ ...inputOptions, ...calibrationOptions }),
  kinds: ["table"],
  learnsFrom: { labels: true },
  warmStart: {
    from: ["choosy"],
    read: async (bytes): Promise<Start> => {
      const { schema, data } = (await Model.fromBytes(bytes)).card;
      return { schema, fingerprint: data.fingerprint };
    },
  },
  choose: (_, rows) => Uint32Array.from({ length: rows >> 1 }, (_each, k) => 2 * k),
  before({ seed }) {
    if (seed === 13) throw new RangeError("No fit on a thirteenth.");
  },
  async train(_, { train, rowCount, anomalies }, _context, start) {
    const training = {
      seen: train.rows,
      of: rowCount,
      anomalies: anomalies?.rows ?? 0,
      continued: start !== undefined,
    };
    return { scorer: { score: (features) => sum(abs(features), [1]), training }, untrained: undefined };
  },
});
const stream = createRandom("toy").stream("rows");
const rows = (count: number): number[][] =>
  Array.from({ length: count }, () => [stream.normal(), stream.normal()]);
const table = tableFromMatrix(rows(100));

beforeAll(() => provideBackend(nodeBackend({ cores: 1 })));

describe("a definition makes a detector that", () => {
  it("fits, scores and comes back from its bytes", async () => {
    const model = await new FarFromMean().fit(table);
    expect(model.card).toMatchObject({ detector: "far-from-mean", options: { stretch: 1, seed: 0 } });
    const { scores, isAnomaly } = await model.score(
      tableFromMatrix([
        [0, 0],
        [50, -50],
      ]),
    );
    expect(scores[1]).toBeGreaterThan(20 * scores[0]!);
    expect(Array.from(isAnomaly)).toEqual([0, 1]);
    const again = await Model.fromBytes(model.toBytes());
    expect((await again.score(table)).scores).toEqual((await model.score(table)).scores);
    const doubled = await new FarFromMean({ stretch: 2 }).fit(table);
    const twice = (await model.score(table)).scores.map((score) => 2 * score);
    expect((await doubled.score(table)).scores).toEqual(twice);
  });

  it("holds its options and nothing else, under the name of a class", () => {
    const detector: Detector<{ stretch: number }> = new FarFromMean({ stretch: 3 });
    expect(Object.keys(detector)).toEqual(["options"]);
    expect(detector.options.stretch).toBe(3);
    expect(detector).toBeInstanceOf(FarFromMean);
    expect(FarFromMean.name).toBe("FarFromMean");
    expect(FarFromMean.definition.create({ stretch: 3 })).toEqual(detector);
  });

  it("reads what it recorded of a training: of one, or of every fold", async () => {
    const model = await new FarFromMean().fit(table);
    expect(FarFromMean.trainings(model.card)).toEqual([{ rows: 80 }]);
    const folds = await new FarFromMean({ calibration: "cross", calibrationFolds: 4 }).fit(table);
    expect(FarFromMean.trainings(folds.card)).toEqual(Array(4).fill({ rows: 75 }));
    expect(() => Choosy.trainings(model.card)).toThrow("The model is of far-from-mean, not of choosy.");
  });

  it("refuses options by the names and ranges of its schema", () => {
    expect(() => new FarFromMean({ stretch: 0 })).toThrow(/^stretch is 0: /);
    expect(() => FarFromMean.definition.create({ strech: 1 })).toThrow('There is no option "strech".');
  });

  it("has flags and their help", () => {
    const flags = new SchemaFlags(FarFromMean.definition.options);
    const command = new Command().exitOverride();
    flags.addTo(command, "Options:");
    expect(command.helpInformation()).toMatch(/--stretch <n> +Factor of the distance \(default: 1\)/);
    command.parse(["--stretch", "2.5", "--calibration-fraction", "0.3"], { from: "user" });
    expect(flags.given(command)).toEqual({ stretch: 2.5, calibrationFraction: 0.3 });
  });

  it("has a table of options", async () => {
    const script = new URL("../../scripts/lib/option-table.js", import.meta.url).href;
    const { optionTable } = (await import(script)) as { optionTable(schema: z.ZodObject): string };
    const lines = optionTable(FarFromMean.definition.options).split("\n");
    expect(lines).toContain("| `stretch` | number, > 0, ≤ 10 | `1` | Factor of the distance |");
    expect(lines).toHaveLength(2 + Object.keys(FarFromMean.definition.options.shape).length);
  });

  it("learns from every kind of data, unless it says from which", async () => {
    const series = seriesFromTable(table, { window: 3 });
    const images = imagesFrom(
      rows(40).map((row) => ({
        height: 4,
        width: 4,
        data: Uint8Array.from({ length: 16 }, (_, k) => 128 + 20 * row[k % 2]!),
      })),
    );
    for (const data of [series, images]) {
      expect((await (await new FarFromMean().fit(data)).score(data)).scores).toHaveLength(data.rowCount);
    }
    await expect(new Choosy().fit(series)).rejects.toMatchObject({
      code: "unfit-data",
      message: "choosy learns from rows of a table, but <memory> holds windows of a series.",
    });
  });

  it("refuses what it does not learn from, and names what does", async () => {
    const labels = Int8Array.from({ length: 100 }, (_, row) => (row < 5 ? 1 : -1));
    await expect(new FarFromMean().fit(table, { labels })).rejects.toMatchObject({
      code: "invalid-option",
      message: "far-from-mean cannot learn from labels; choosy can.",
    });
    await expect(new FarFromMean().fit(table, { outliers: table })).rejects.toMatchObject({
      message: "far-from-mean cannot learn from outliers.",
    });
    const from = await new Choosy().fit(table);
    await expect(new FarFromMean().fit(table, { from })).rejects.toMatchObject({
      message: "far-from-mean cannot learn from another model; choosy can.",
    });
  });

  it("learns from what it says it does, and from the rows that it chooses", async () => {
    const labels = Int8Array.from({ length: 100 }, (_, row) => (row < 20 ? 1 : -1));
    const model = await new Choosy().fit(table, { labels });
    expect(model.card.training).toEqual({ seen: 32, of: 64, anomalies: 20, continued: false });
    const continued = await new Choosy().fit(tableFromMatrix(rows(50)), { from: model });
    expect(continued.card.training).toMatchObject({ continued: true });
    expect(continued.card.schema).toEqual(model.card.schema);
    await expect(new Choosy({ calibration: "cross" }).fit(table, { from: model })).rejects.toMatchObject({
      code: "invalid-option",
    });
    await expect(new Choosy({ seed: 13 }).fit(table)).rejects.toThrow("No fit on a thirteenth.");
  });
});

/** What a fit makes of samples: their labels, their split, and what is refused. */
import { describe, expect, it } from "vitest";
import { samplesOf, seriesFromTable, type Table, tableFromMatrix } from "../../data/index.js";
import { selectSamples } from "../../features/index.js";
import { createRandom } from "../../math/random.js";
import { provideBackend } from "../../runtime/index.js";
import { nodeBackend } from "../../runtime/node/backend.js";
import { DeepSad } from "../centre/deep-sad/deep-sad.js";
import { Knn } from "../neighbours/knn.js";

provideBackend(nodeBackend({ cores: 1 }));

function noise(rows: number, seed: number): Table {
  const stream = createRandom(seed).stream("rows");
  return tableFromMatrix(Array.from({ length: rows }, () => [stream.normal(), stream.normal()]));
}

const table = noise(120, 1);
const rowsWhere = (wanted: (row: number) => boolean): Uint32Array =>
  Uint32Array.from({ length: 120 }, (_, row) => row).filter(wanted);

describe("a fit", () => {
  it("of a detector without labels takes the rows labelled normal, as if they had been given alone", async () => {
    const labels = Array.from({ length: 120 }, (_, row) => row % 4 === 3);
    const model = await new Knn().fit(samplesOf(table, { labels }));
    const alone = await new Knn().fit(
      selectSamples(
        table,
        rowsWhere((row) => row % 4 !== 3),
      ),
    );
    expect(model.toBytes()).toEqual(alone.toBytes());
    expect(model.card.data.rows).toBe(90);
  });

  it("takes the training part of a given split", async () => {
    const [train, test] = [rowsWhere((row) => row < 80), rowsWhere((row) => row >= 80)];
    const model = await new Knn().fit(samplesOf(table, { split: { train, test } }));
    expect(model.toBytes()).toEqual((await new Knn().fit(selectSamples(table, train))).toBytes());
  });

  it("of a detector that learns from labels finds them in the samples", async () => {
    const labels = Int8Array.from({ length: 120 }, (_, row) => (row < 10 ? 1 : row < 30 ? 0 : -1));
    const options = { members: 1, epochs: 1, pretrainEpochs: 1, hiddenDims: [4], latentDim: 4 };
    const own = await new DeepSad(options).fit(samplesOf(table, { labels }));
    const beside = await new DeepSad(options).fit(table, { labels: Array.from(labels) });
    expect(own.card.data.labels).toMatchObject({ anomalies: 10, normals: 20 });
    expect(own.toBytes()).toEqual(beside.toBytes());
    await expect(new DeepSad(options).fit(samplesOf(table, { labels }), { labels })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("labels of its own"),
    });
  });

  it("learns from windows that hold no labelled anomaly", async () => {
    const series = seriesFromTable(table, { window: 4, stride: 1 });
    const labels = Array.from({ length: 120 }, (_, row) => row === 60);
    const samples = samplesOf(series, { rows: "time-steps", rowCount: 120, labels });
    const model = await new Knn().fit(samples);
    // 117 windows, four of which hold row 60.
    expect(model.card.data.rows).toBe(113);
    const { scores } = await model.score(samples);
    expect(scores.length).toBe(120);
  });

  it("runs on the backend that it is given", async () => {
    let opened = 0;
    const own = nodeBackend({ cores: 1 });
    const backend = {
      ...own,
      inline: () => {
        opened++;
        return own.inline();
      },
    };
    const model = await new Knn().fit(table, { backend });
    expect(opened).toBeGreaterThan(0);
    opened = 0;
    await model.score(table, { backend });
    expect(opened).toBeGreaterThan(0);
  });

  it("refuses what is no data set, and says what would be one", async () => {
    await expect(new Knn().fit({ kind: "frame", rowCount: 3 } as never)).rejects.toMatchObject({
      code: "unfit-data",
      message: 'The data are of kind "frame"; expected a table, a series or images.',
    });
  });
});

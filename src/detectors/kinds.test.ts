import { describe, expect, it } from "vitest";
import { imagesFrom } from "../data/images/image-arrays.js";
import { type Dataset, tableFromColumns } from "../data/index.js";
import { seriesFromTable } from "../data/series/series-from-table.js";
import { selectSamples } from "../features/index.js";
import { createRandom } from "../math/random.js";
import { auroc } from "../metrics/index.js";
import { Model } from "../model/index.js";
import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import { detectors } from "./registry.js";

provideBackend(nodeBackend());
const random = createRandom(5);

/** A sine with noise; in the last fifth it runs twice as fast. */
function waves() {
  const stream = random.stream("waves");
  const steps = 1500;
  let phase = 0;
  const level = Float64Array.from({ length: steps }, (_, step) => {
    phase += step < 1200 ? 0.3 : 0.6;
    return Math.sin(phase) + 0.1 * stream.normal();
  });
  const table = tableFromColumns({ level });
  const series = seriesFromTable(table, { window: 20, stride: 5 });
  const rows = Array.from(series.starts.keys());
  return {
    data: series as Dataset,
    normal: rows.filter((row) => series.starts[row]! + 20 <= 1200),
    odd: rows.filter((row) => series.starts[row]! >= 1200),
  };
}

/** Vertical stripes; the odd ones lie across. */
function stripes() {
  const stream = random.stream("stripes");
  const images = Array.from({ length: 160 }, (_, k) => ({
    height: 12,
    width: 12,
    data: Uint8Array.from({ length: 144 }, (_, pixel) => {
      const along = k < 120 ? pixel % 12 : Math.floor(pixel / 12);
      return (along % 4 < 2 ? 60 : 180) + Math.floor(60 * stream.uniform());
    }),
  }));
  return {
    data: imagesFrom(images) as Dataset,
    normal: Array.from({ length: 120 }, (_, k) => k),
    odd: Array.from({ length: 40 }, (_, k) => 120 + k),
  };
}

const quick: Record<string, object> = {
  "deep-svdd": { members: 1, epochs: 5, pretrainEpochs: 5, encoder: "mlp" },
  autoencoder: { members: 1, encoder: "mlp" },
};

describe.each([
  ["windows of a series", waves],
  ["images", stripes],
])("%s", (_, make) => {
  const { data, normal, odd } = make();
  const pick = (rows: readonly number[]): Dataset => selectSamples(data, Uint32Array.from(rows));
  const half = normal.length >> 1;

  it.each(["knn", "isolation-forest", "pca", "deep-svdd", "autoencoder"])(
    "are learned by %s, and scored alike after a round trip",
    async (name) => {
      const detector = detectors[name]!.create({ seed: 3, ...quick[name] });
      const model = await detector.fit(pick(normal.slice(0, half)));
      const test = pick([...normal.slice(half + 5), ...odd]);
      const { scores, pValues } = await model.score(test);
      const labels = Int8Array.from(scores, (_, k) => (k < normal.length - half - 5 ? 0 : 1));
      expect(auroc(labels, scores)).toBeGreaterThan(0.9);
      expect(pValues.every((p) => p > 0 && p <= 1)).toBe(true);
      const again = await (await Model.fromBytes(model.toBytes())).score(test);
      expect(again.scores).toEqual(scores);
    },
    20_000,
  );

  it("held out for calibration share no time step with those trained on", async () => {
    const model = await detectors["knn"]!.create({}).fit(pick(normal));
    const { rows, train, calibration } = model.card.data;
    expect(calibration).toBeGreaterThan(10);
    // Blocks of neighbouring windows lose their rims; images are independent.
    if ("steps" in data) expect(rows - train - calibration).toBeGreaterThan(0);
    else expect(rows - train - calibration).toBe(0);
  });
});

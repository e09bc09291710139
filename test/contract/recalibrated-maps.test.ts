/** A model of maps whose p-values and threshold come from other good images: held to ranks that are counted here. */
import { beforeAll, expect, test } from "vitest";
import { imagesFrom, type Model, regionsOf } from "../../src/index.js";
import { nodeBackend } from "../../src/runtime/node/backend.js";
import { calibrateProbabilities, percentileThreshold } from "../../src/scoring/index.js";
import { partImage, partImages, plainModel } from "../map-models.js";

const FRESH = 37;
const DEFECTS = 9;

let before: Model;
let after: Model;
let fresh: Float32Array;
beforeAll(async () => {
  before = await plainModel();
  fresh = (await before.score(partImages(FRESH, { seed: "fresh" }))).scores;
  const threshold = percentileThreshold(fresh, 90);
  after = await before.withCalibration({ scores: fresh, threshold, operatingPoints: {} });
});

/** Good images, and some whose defects are of every size from one that is hardly seen. */
const seen = () => {
  const good = Array.from({ length: 12 }, (_, k) => partImage(`seen${k}`));
  const bad = Array.from({ length: DEFECTS }, (_, k) =>
    partImage(`bad${k}`, { defect: { left: 20, top: 20, width: 1 + k, height: 1 + (k % 3) } }),
  );
  return imagesFrom([...good, ...bad]);
};

/** How many are at least as high, and the image itself, of all of them: none of these scores are ties. */
const rank = (score: number): number => {
  let higher = 0;
  for (const other of fresh) {
    expect(Math.abs(other - score), "a tie").toBeGreaterThan(1e-4);
    if (other > score) higher++;
  }
  return (1 + higher) / (1 + FRESH);
};

test.each(["native", "wasm"] as const)("p-values are ranks among the new images, %s", async (runtime) => {
  const options = { backend: nodeBackend({ runtime }) };
  const [was, is] = [await before.score(seen(), options), await after.score(seen(), options)];
  expect(is.scores).toEqual(was.scores);
  const ranks = Array.from(is.scores, rank);
  expect(new Set(ranks).size).toBeGreaterThan(5);
  ranks.forEach((p, row) => {
    expect(is.pValues[row]).toBeCloseTo(p, 6);
  });
  expect(Array.from(is.pValues)).not.toEqual(Array.from(was.pValues));
  expect(Array.from(is.isAnomaly)).toEqual(Array.from(is.scores, (score) => Number(score > is.threshold)));
  // The 90th percentile of 37 leaves 3.7 above it.
  expect(fresh.filter((score) => score > is.threshold)).toHaveLength(4);
});

test("regions have the ranks of their peaks, and maps stay as they are", async () => {
  const maps: Float32Array[] = [];
  await before.score(seen(), { onMap: ({ data }) => void maps.push(data) });
  let regions = 0;
  await after.score(seen(), {
    onMap: (map, row, { threshold }) => {
      expect(map.data).toEqual(maps[row]);
      const { calibrationScores: calibration, ties } = after;
      for (const { peak, pValue } of regionsOf(map, threshold, { calibration, ties })) {
        regions++;
        expect(pValue).toBeCloseTo(rank(peak), 6);
      }
    },
  });
  expect(regions).toBeGreaterThan(DEFECTS / 2);
});

test("an image as high as a calibration image counts as its equal, and files keep all of it", async () => {
  const { pValues } = await after.score(partImages(FRESH, { seed: "fresh" }));
  const higher = (score: number) => fresh.filter((other) => other >= score).length;
  pValues.forEach((p, row) => {
    expect(p).toBeCloseTo((1 + higher(fresh[row]!)) / (1 + FRESH), 6);
  });
  expect(after.card.data.calibration).toBe(FRESH);
  expect(after.calibrationScores).toEqual(Float32Array.from(fresh).sort());
});

test("probabilities of labelled images leave p-values and maps alone", async () => {
  const good = Array.from({ length: 50 }, (_, k) => partImage(`labelled${k}`));
  const bad = Array.from({ length: 50 }, (_, k) =>
    partImage(`marked${k}`, { defect: { left: 9, top: 9, width: 1 + (k % 9), height: 2 } }),
  );
  const images = imagesFrom([...good, ...bad]);
  const { scores, pValues, isAnomaly } = await after.score(images);
  const labels = Array.from(scores, (_, row) => Number(row >= 50));
  const judged = await after.withProbability(calibrateProbabilities(scores, labels, { method: "isotonic" }));
  const peaks: number[] = [];
  const now = await judged.score(images, { onMap: ({ data }) => void peaks.push(Math.max(...data)) });
  expect([now.scores, now.pValues, now.isAnomaly]).toEqual([scores, pValues, isAnomaly]);
  expect(peaks).toEqual(Array.from(scores));
  const order = Array.from(scores, (_, row) => row).sort((a, b) => scores[a]! - scores[b]!);
  order.slice(1).forEach((row, k) => {
    expect(now.probabilities![row]).toBeGreaterThanOrEqual(now.probabilities![order[k]!]!);
  });
  expect(now.probabilities![order.at(-1)!]).toBeGreaterThan(now.probabilities![order[0]!]! + 0.3);
});

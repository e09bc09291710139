/** What a robust fit makes of samples: their labels, their split, and how they were read. */
import { expect, it } from "vitest";
import { samplesOf, tableFromMatrix } from "../data/index.js";
import { Knn } from "../detectors/neighbours/knn.js";
import { createRandom } from "../math/random.js";
import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import { trainRobust } from "./train-robust.js";

provideBackend(nodeBackend({ cores: 1 }));

const ODD = 123;
const stream = createRandom(3).stream("rows");
const table = tableFromMatrix(
  Array.from({ length: 200 }, (_, row) => (row === ODD ? [40, -40] : [stream.normal(), stream.normal()])),
);

it("names suspicious rows by their place among those that were given", async () => {
  const plain = await trainRobust(new Knn(), table);
  expect(plain.suspicious[0]!.row).toBe(ODD);

  const labels = Array.from({ length: 200 }, (_, row) => (row < 20 ? 1 : 0));
  const train = Uint32Array.from({ length: 150 }, (_, k) => k + 10);
  const test = Uint32Array.from({ length: 40 }, (_, k) => k + 160);
  const samples = samplesOf(table, { labels, split: { train, test } });
  const { suspicious, contamination } = await trainRobust(new Knn(), samples);
  expect(contamination.rows).toBe(140);
  expect(suspicious[0]!.row).toBe(ODD);
});

it("leaves a model that knows how its data were read", async () => {
  const reading = { missing: ["n/e"] };
  const { model } = await trainRobust(new Knn(), samplesOf(table, { reading }));
  expect(model.card.reading).toMatchObject(reading);
});

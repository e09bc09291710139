import { expect, it } from "vitest";
import { tableFromColumns } from "../data/index.js";
import { Fcdd, imagesFrom, Knn, PatchGaussian, samplesOf } from "../index.js";
import { createRandom } from "../math/random.js";
import { evaluate } from "./evaluate.js";

const random = createRandom(6).stream("rows");
const SIDE = 16;
const image = (broken = false) => ({
  height: SIDE,
  width: SIDE,
  channels: 1 as const,
  data: Uint8Array.from(
    { length: SIDE * SIDE },
    (_, k) => (broken && k > 40 && k < 47 ? 220 : 80) + random.int(30),
  ),
});
const images = (count: number, broken = false) => Array.from({ length: count }, () => image(broken));
const words =
  /: the model was trained on about (\d+) of these (\d+) images\. On new ones expect lower figures/;
const told = (notes: readonly string[]) =>
  notes.flatMap((note) => words.exec(note)?.slice(1).map(Number) ?? []);

it("images that were trained on are counted among those that are measured, new ones are not", async () => {
  const good = images(40);
  const model = await new PatchGaussian({ seed: 1 }).fit(imagesFrom(good));
  const measured = async (normal: typeof good) => {
    const all = [...normal, ...images(5, true)];
    const labels = all.map((_, row) => (row < normal.length ? 0 : 1));
    return told((await evaluate(model, samplesOf(imagesFrom(all), { labels }))).notes);
  };
  expect(await measured(images(10))).toEqual([]);
  expect(await measured([...good.slice(0, 8), ...images(2)])).toEqual([8, 15]);
});

it("known defects that were learned from count, too", async () => {
  const broken = images(6, true);
  const mask = Uint8Array.from({ length: SIDE * SIDE }, (_, k) => (k > 40 && k < 47 ? 1 : 0));
  const defects = samplesOf(imagesFrom(broken), {
    labels: broken.map(() => 1),
    mask: async () => mask,
  });
  const model = await new Fcdd({ seed: 1, steps: 2 }).fit(imagesFrom(images(40)), { defects });
  const all = [...images(6), ...broken.slice(0, 3)];
  const labels = all.map((_, row) => (row < 6 ? 0 : 1));
  const { notes } = await evaluate(model, samplesOf(imagesFrom(all), { labels }));
  expect(told(notes)).toEqual([3, 9]);
});

it("rows of a table that are equal by chance are not counted", async () => {
  const table = (rows: number, levels: number) =>
    tableFromColumns({ a: Float64Array.from({ length: rows }, () => random.int(levels)) }, "rows");
  const model = await new Knn({ seed: 1 }).fit(table(200, 50));
  const labels = Array.from({ length: 50 }, (_, row) => (row < 40 ? 0 : 1));
  const { notes } = await evaluate(model, samplesOf(table(50, 50), { labels }));
  expect(notes.filter((note) => /trained on/.test(note))).toEqual([]);
});

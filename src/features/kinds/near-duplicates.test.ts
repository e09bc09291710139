import { describe, expect, it } from "vitest";
import { shots, things } from "../../../test/shots.js";
import { imagesFrom } from "../../data/index.js";
import { createRandom } from "../../math/random.js";
import { kinds } from "./index.js";

const groupsOf = async (images: Parameters<typeof imagesFrom>[0]) =>
  kinds.images.nearDuplicates(imagesFrom(images));

/** Pairs of rows that are in one group. */
function pairs(of: ArrayLike<number>): Set<string> {
  const found = new Set<string>();
  for (let b = 0; b < of.length; b++) for (let a = 0; a < b; a++) if (of[a] === of[b]) found.add(`${a} ${b}`);
  return found;
}

describe("near-duplicates among images", () => {
  it("are shots of one thing under another light, and no others", async () => {
    const random = createRandom(1).stream("shots");
    const { images, thing } = shots(things(80, random), random, 4);
    const groups = await groupsOf(images);
    const [found, right] = [pairs(groups!.of), pairs(thing)];
    const hits = [...found].filter((pair) => right.has(pair)).length;
    expect(hits / right.size).toBeGreaterThan(0.97);
    expect(hits / found.size).toBeGreaterThan(0.97);
    expect(new Set(groups!.of).size).toBe(groups!.count);
  });

  it("are looked for once in each set", async () => {
    const random = createRandom(4).stream("shots");
    const { images } = shots(things(20, random), random, 2);
    const set = imagesFrom(images);
    let reads = 0;
    const counting = { ...set, read };
    function read(row: number) {
      reads++;
      return set.read(row);
    }
    const first = await kinds.images.nearDuplicates(counting);
    const once = reads;
    expect(once).toBeGreaterThan(0);
    expect(await kinds.images.nearDuplicates(counting)).toEqual(first);
    expect(reads).toBe(once);
  });

  it("are found in bursts of different length, up to a tenth of all images", async () => {
    const random = createRandom(2).stream("shots");
    const many = shots(things(12, random), random, 1, 25);
    const alone = shots(things(100, random), random, 1);
    const groups = await groupsOf([...many.images, ...alone.images]);
    const sizes = new Map<number, number>();
    for (const group of groups!.of) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    expect([...sizes.values()].filter((size) => size >= 20)).toHaveLength(12);
  });

  it("are none among images of things that differ", async () => {
    const random = createRandom(3).stream("shots");
    const groups = await groupsOf(things(300, random));
    expect(300 - (groups?.count ?? 300)).toBeLessThan(6);
  });

  it("are no groups where a third of all images show the same state, which comes again", async () => {
    const random = createRandom(4).stream("shots");
    const [empty] = things(1, random);
    const images = [...things(100, random), ...Array.from({ length: 50 }, () => empty!)];
    const groups = await groupsOf(images);
    expect(groups?.count ?? 150).toBeGreaterThan(140);
  });

  it("are the same for copies, and for the same images twice", async () => {
    const random = createRandom(5).stream("shots");
    const images = things(60, random);
    const groups = await groupsOf([...images, ...images.slice(0, 5)]);
    for (let k = 0; k < 5; k++) expect(groups!.of[60 + k]).toBe(groups!.of[k]);
    expect(await groupsOf([...images, ...images.slice(0, 5)])).toEqual(groups);
  });
});

import { describe, expect, it } from "vitest";
import { shots, things } from "../../../test/shots.js";
import { imagesFrom, type RawImage } from "../../data/index.js";
import { createRandom, type RandomStream } from "../../math/random.js";
import { kinds } from "./index.js";

const groupsOf = async (images: Parameters<typeof imagesFrom>[0]) =>
  kinds.images.nearDuplicates(imagesFrom(images));

/** Grey levels at places of [0, 1] and around it: twenty spots. */
function surface(random: RandomStream): (u: number, v: number) => number {
  const spots = Array.from({ length: 20 }, () => ({
    x: 1.2 * random.uniform() - 0.1,
    y: 1.2 * random.uniform() - 0.1,
    height: 50 * random.normal(),
    width: 0.06 + 0.08 * random.uniform(),
  }));
  return (u, v) =>
    spots.reduce(
      (sum, { x, y, height, width }) =>
        sum + height * Math.exp(-((u - x) ** 2 + (v - y) ** 2) / (2 * width ** 2)),
      128,
    );
}

const SIDE = 48;
function seen(level: (u: number, v: number) => number): RawImage {
  const data = Uint8Array.from({ length: SIDE * SIDE }, (_, at) =>
    Math.max(0, Math.min(255, Math.round(level((at % SIDE) / SIDE, Math.floor(at / SIDE) / SIDE)))),
  );
  return { height: SIDE, width: SIDE, data };
}

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

  it.each([0.03, 0.06, 0.09])("are shots that moved by %d of the side, and no others", async (share) => {
    const random = createRandom(6).stream("shots");
    const [images, thing] = [[] as RawImage[], [] as number[]];
    for (let k = 0; k < 80; k++) {
      const of = surface(random);
      for (let shot = 0; shot < 1 + (k % 2); shot++) {
        const angle = 2 * Math.PI * random.uniform();
        const [x, y] = [shot * share * Math.cos(angle), shot * share * Math.sin(angle)];
        const [gain, offset] = [0.9 + 0.2 * random.uniform(), 20 * (random.uniform() - 0.5)];
        images.push(seen((u, v) => gain * of(u + x, v + y) + offset + 3 * random.normal()));
        thing.push(k);
      }
    }
    const [found, right] = [pairs((await groupsOf(images))!.of), pairs(thing)];
    const hits = [...found].filter((pair) => right.has(pair)).length;
    expect(hits / right.size).toBeGreaterThan(0.9);
    expect(found.size - hits).toBeLessThanOrEqual(1);
  });

  it.each([0, 0.06])("are not parts of one make that differ a little, lying up to %d aside", async (move) => {
    const random = createRandom(7).stream("parts");
    const make = surface(random);
    const images = Array.from({ length: 200 }, () => {
      const own = surface(random);
      const [x, y] = [move * (2 * random.uniform() - 1), move * (2 * random.uniform() - 1)];
      return seen((u, v) => make(u + x, v + y) + 0.1 * (own(u, v) - 128) + 3 * random.normal());
    });
    expect(200 - ((await groupsOf(images))?.count ?? 200)).toBeLessThanOrEqual(2);
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

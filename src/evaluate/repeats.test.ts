import { describe, expect, it } from "vitest";
import { shots, things } from "../../test/shots.js";
import { trainingPart } from "../features/index.js";
import { compare, evaluate, imagesFrom, Knn, samplesOf } from "../index.js";
import { createRandom } from "../math/random.js";

const random = createRandom(5).stream("shots");

/** 60 things trained; tested are other shots of `repeated` of them, and 25 new things, every fifth test row an anomaly. */
function given(repeated: number) {
  const trained = things(60, random);
  const again = shots(trained.slice(0, repeated), random, 1).images;
  const images = [...shots(trained, random, 1).images, ...again, ...things(25, random)];
  const labels = images.map((_, row) => (row >= 60 && row % 5 === 0 ? 1 : 0));
  const split = {
    train: Uint32Array.from({ length: 60 }, (_, k) => k),
    test: Uint32Array.from({ length: images.length - 60 }, (_, k) => k + 60),
  };
  return samplesOf(imagesFrom(images), { labels, split });
}

describe("a given split with shots of one thing on both sides", () => {
  const words = /of 45 test (\w+), (\d+) have near-duplicates among the training \1/;

  it("is named by evaluate and compare, with how many test rows repeat", async () => {
    const samples = given(20);
    const model = await new Knn({ seed: 1 }).fit(trainingPart(samples));
    const { notes } = await evaluate(model, samples);
    const [, noun, count] = words.exec(notes.join("\n"))!;
    expect(noun).toBe("images");
    expect(Math.abs(Number(count) - 20)).toBeLessThanOrEqual(1);
    const { rows, summary } = await compare([{ name: "belt", samples }], {
      detectors: ["knn"],
      seeds: [0, 1],
      protocol: "given",
    });
    expect(rows.map((row) => "repeatedTestRows" in row && row.repeatedTestRows)).toEqual([
      Number(count),
      Number(count),
    ]);
    expect(summary.notes).toHaveLength(1);
    expect(summary.notes[0]).toMatch(/^belt: /);
    expect(summary.notes[0]).toMatch(words);
    await model.close();
  });

  it("is not named where the parts share nothing", async () => {
    const { rows, summary } = await compare([given(0)], { detectors: ["knn"], protocol: "given" });
    expect(rows[0]!.error).toBeUndefined();
    expect(summary.notes).toEqual([]);
  });
});

import { describe, expect, test } from "vitest";
import { describeTraining } from "./training-report.js";

describe("what a detector of maps recorded", () => {
  test("is said in words: patch-gaussian", () => {
    expect(
      describeTraining({
        sizes: [
          { side: 8, density: "local", heldOut: { global: 36.28, local: 10.41 } },
          { side: 16, density: "global" },
        ],
      }),
    ).toEqual([
      [
        "sizes",
        "patches of 8 x 8 pixels: a Gaussian for each part of the image; patches of 16 x 16 pixels: one Gaussian",
      ],
    ]);
    expect(describeTraining({ sizes: [{ density: "global" }] })).toEqual([
      ["sizes", "features of the backbone: one Gaussian"],
    ]);
  });

  test("patch-svdd, without an empty list of signs, and with what they are where there are any", () => {
    const encoder = {
      curve: [{ epoch: 200 }, { epoch: 400 }],
      ended: "all epochs",
      signs: [],
      kept: 400,
      skill: { small: { start: 0.125, end: 0.28 } },
      spaces: { small: { start: {}, end: {} } },
    };
    const memory = { small: { kind: "position", remembered: 8, candidates: 12160, radius: 6, heldOut: {} } };
    expect(describeTraining({ health: { healthy: true }, sizes: ["small"], encoder, memory })).toEqual([
      ["health", "healthy"],
      ["sizes", "patches of 32 x 32 pixels"],
      ["encoder", "400 steps; directions told of held-out pairs: 12.5 % -> 28.0 % (chance: 12.5 %)"],
      ["memory", "8 normal patches for each place, of 12,160 in all"],
    ]);
    const collapsed = { ...encoder, ended: "collapse", kept: 200, signs: ["small patches: no spread"] };
    expect(describeTraining({ encoder: collapsed })[0]![1]).toContain(
      "400 steps (collapse; step 200 kept; small patches: no spread); directions",
    );
  });

  test("patch-memory, in one line", () => {
    const report = {
      features: "pixels",
      channels: 64,
      height: 10,
      width: 24,
      remembered: 2000,
      candidates: 5520,
    };
    expect(describeTraining({ ...report, radius: 2.451 })).toEqual([
      ["memory", "2,000 of 5,520 normal patches, by their pixels in 64 numbers; 24 x 10 places in an image"],
    ]);
  });

  test("fcdd, which counts steps", () => {
    const training = { curve: [{ epoch: 300 }], ended: "all epochs", kept: 285, unit: "step" };
    expect(describeTraining({ members: [{ training }] })).toEqual([
      ["members", "1 network: training 300 steps (step 285 kept)"],
    ]);
    const learnedFrom = { images: 23, defects: 0, outliers: 2, height: 32, width: 48 };
    expect(describeTraining({ learnedFrom })).toEqual([
      ["learned from", "crops of 48 x 32 pixels of 23 images, 2 outliers"],
    ]);
  });
});

test("of figures that are too many for a line, whole ones are shown, and the others counted", () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, k) => [`figure ${k}`, k + 0.5]));
  const [[, text]] = describeTraining({ many }) as [[string, string]];
  const shown = text.split("; ");
  expect(text.length).toBeLessThanOrEqual(100);
  expect(shown.slice(0, 2)).toEqual(["figure 0 0.5", "figure 1 1.5"]);
  expect(shown.at(-1)).toBe(`and ${20 - (shown.length - 1)} more figures`);
  expect(describeTraining({ none: [], some: { empty: [], two: 2 } })).toEqual([["some", "two 2"]]);
});

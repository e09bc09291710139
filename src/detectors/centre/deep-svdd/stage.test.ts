import { describe, expect, it } from "vitest";
import { deepSvddOptions } from "./options.js";
import { shortOnTables } from "./stage.js";

const TABLE = [5];
const settled = (given: object, inputShape: readonly number[] = TABLE) => {
  const { steps, learningRate } = shortOnTables(deepSvddOptions.parse(given), inputShape);
  return { steps, learningRate };
};

describe("compactness training", () => {
  it("is short on tables where nothing is said of its length and rate", () => {
    expect(settled({})).toEqual({ steps: 100, learningRate: 3e-4 });
    expect(settled({ pretrainSteps: 50, members: 1 })).toEqual({ steps: 100, learningRate: 3e-4 });
  });

  it.each([
    ["its steps", { steps: 300 }],
    ["its epochs", { epochs: 20 }],
    ["its rate", { learningRate: 1e-4 }],
    ["a soft boundary", { objective: "soft-boundary" }],
  ])("is as long as ever for those who ask for %s", (_, given) => {
    expect(settled(given)).toEqual({
      steps: "steps" in given ? given.steps : undefined,
      learningRate: "learningRate" in given ? given.learningRate : undefined,
    });
  });

  it.each([
    ["windows", [50, 3]],
    ["images", [1, 28, 28]],
  ])("is as long as ever on %s", (_, inputShape) => {
    expect(settled({}, inputShape)).toEqual({ steps: undefined, learningRate: undefined });
  });
});

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { tableFromRows } from "../data/index.js";
import { Model } from "../model/index.js";
import { provideBackend } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";
import { detectors, findDetector } from "./registry.js";

beforeAll(() => provideBackend(nodeBackend({ cores: 1 })));

describe("names of detectors", () => {
  it("are theirs alone, former ones included", () => {
    const names = Object.values(detectors).flatMap(({ name, formerNames }) => [name, ...formerNames]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("that they once had still find them", () => {
    expect(findDetector("one-class-svm")).toBe(detectors["one-class-svm"]);
    expect(findDetector("ocsvm")).toBe(detectors["one-class-svm"]);
    expect(findDetector("svm")).toBeUndefined();
    expect(findDetector("toString")).toBeUndefined();
  });
});

/**
 * Written by version 0.1.0, which called the detector ocsvm: `new OneClassSvm({ nu: 0.2 })` on twelve points of each of
 * three circles about the origin. The scores are those that 0.1.0 gave.
 */
describe("a model that an earlier version wrote", () => {
  const bytes = readFileSync(new URL("../../test/golden/kernel/ocsvm-0.1.0.onnx", import.meta.url));

  it("loads and scores as it did, and says how to train it again", async () => {
    const model = await Model.fromBytes(bytes);
    expect(model.card).toMatchObject({ detector: "ocsvm", versions: { hypersphere: "0.1.0" } });
    const probe = tableFromRows([
      { x: 1, y: 0 },
      { x: 0, y: 0 },
      { x: 5, y: -5 },
    ]);
    const { scores } = await model.score(probe);
    const wanted = [-0.07470466196537018, -0.15800218284130096, 1.6281198263168335];
    scores.forEach((score, row) => {
      expect(score).toBeCloseTo(wanted[row]!, 6);
    });
    const detector = findDetector(model.card.detector)!.create({ ...model.card.options });
    expect(detector.options).toMatchObject({ nu: 0.2, kernel: "rbf" });
  });
});

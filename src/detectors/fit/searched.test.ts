import { expect, test } from "vitest";
import { z } from "zod";
import { orderedNames, randomSampler, type SearchPoint } from "../../search/index.js";
import { detectors } from "../registry.js";
import { searched, searchSpace } from "./searched.js";

test("every detector has something to search, and takes every setting of its space", () => {
  for (const { name, options, kinds, create } of Object.values(detectors)) {
    for (const kind of kinds) {
      const space = searchSpace(options, kind);
      expect(Object.keys(space).length, `${name} on ${kind}`).toBeGreaterThan(0);
      const sampler = randomSampler(space, 1);
      const trials: { point: SearchPoint }[] = [];
      for (let k = 0; k < 40; k++) trials.push({ point: sampler(trials) });
      for (const { point } of trials)
        expect(() => create(point), `${name} ${JSON.stringify(point)}`).not.toThrow();
    }
  }
});

test("options that do nothing for the kind of data, and those that are settled, are left out", () => {
  const { options } = detectors["deep-svdd"]!;
  const table = searchSpace(options, "table");
  expect(Object.keys(table)).toEqual(expect.arrayContaining(["scaling", "hiddenDims", "learningRate"]));
  expect(table["pretrainSteps"]).toMatchObject({ when: { option: "pretrain", is: [true] } });
  expect(searchSpace(options, "images")).not.toHaveProperty("scaling");
  const settled = searchSpace(options, "table", ["pretrain"]);
  expect(settled).not.toHaveProperty("pretrain");
  expect(settled["pretrainSteps"]).not.toHaveProperty("when");
  expect(orderedNames(settled)).toContain("pretrainSteps");
});

test("a range is found behind a description that comes later", () => {
  const own = searched(z.int().default(3), { kind: "number", low: 1, high: 5, integer: true }).describe(
    "How many",
  );
  expect(searchSpace(z.strictObject({ own, other: z.int().default(1) }), "table")).toEqual({
    own: { kind: "number", low: 1, high: 5, integer: true },
  });
});

/** Maps of distances to remembered patches: where a defect is, by pixels and by a network. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { imagesFrom } from "../../data/images/image-arrays.js";
import { PatchMemory } from "../../index.js";
import { createRandom } from "../../math/random.js";
import type { Model } from "../../model/index.js";
import type { AnomalyMap } from "../../model/model.js";

const SIDE = 64;
const bytes = readFileSync(new URL("../../../test/golden/backbones/residual-20.onnx", import.meta.url));
const backbone = { bytes, name: "residual-20.onnx" };

/** Rings of slightly different brightness on a noisy ground; some with a bright square at row 40, column 12. */
function parts(count: number, seed: number, defect = false, channels = 3) {
  const random = createRandom(seed).stream("parts");
  return imagesFrom(
    Array.from({ length: count }, () => {
      const level = 90 + 10 * random.uniform();
      const data = Uint8Array.from({ length: SIDE * SIDE * channels }, (_, k) => {
        const pixel = Math.floor(k / channels);
        const [y, x] = [Math.floor(pixel / SIDE), pixel % SIDE];
        const ring = Math.abs(Math.hypot(y - 32, x - 32) - 20) < 5 ? 80 : 0;
        const square = defect && y >= 40 && y < 46 && x >= 12 && x < 18 ? 70 : 0;
        return Math.max(0, Math.min(255, level + ring + square + 4 * random.normal()));
      });
      return { height: SIDE, width: SIDE, data };
    }),
  );
}

async function peakOf(model: Model, seed: number, channels = 3): Promise<[row: number, column: number]> {
  const maps: AnomalyMap[] = [];
  await model.score(parts(1, seed, true, channels), { onMap: (map) => void maps.push(map) });
  const { data } = maps[0]!;
  const place = data.indexOf(Math.max(...data));
  return [Math.floor(place / SIDE), place % SIDE];
}

const seen = ([row, column]: [number, number]): void => {
  expect(Math.abs(row - 42.5)).toBeLessThan(9);
  expect(Math.abs(column - 14.5)).toBeLessThan(9);
};

describe.each(["global", "position"] as const)("memory: %s", (patchMemory) => {
  it.each([
    ["pixels", {}],
    ["a backbone", { backbone }],
  ])("by %s, a defect is flagged, and the map is highest there", async (_, fit) => {
    const model = await new PatchMemory({ patchMemory, memorySize: patchMemory === "global" ? 300 : 4 }).fit(
      parts(48, 1),
      fit,
    );
    const [good, bad] = [await model.score(parts(12, 2)), await model.score(parts(12, 3, true))];
    expect(Math.max(...good.scores)).toBeLessThan(Math.min(...bad.scores));
    expect([...bad.isAnomaly]).toEqual(new Array(12).fill(1));
    seen(await peakOf(model, 4));
  });
});

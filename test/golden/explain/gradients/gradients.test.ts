/** Integrated gradients against PyTorch's automatic differentiation: see make_gradients_golden.py. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type Contribution,
  type Dataset,
  explain,
  imagesFrom,
  Model,
  seriesFromTable,
  tableFromColumns,
} from "../../../../src/index.js";

const here = (name: string): URL => new URL(name, import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(here(name), "utf8"));
const rows = read("rows.json");
const golden: Record<string, { kind: "table" | "series" | "images"; contributions: number[][] }> =
  read("gradients_golden.json");

const KINDS: Record<string, { made(given: never): Dataset; placeOf(part: Contribution): number }> = {
  table: {
    made: tableFromColumns,
    placeOf: ({ feature }) => ["a", "b", "c", "kind"].indexOf(feature),
  },
  series: {
    made: (columns) => seriesFromTable(tableFromColumns(columns), { window: 8, stride: 4 }),
    placeOf: ({ feature, steps }) => 2 * steps!.from + ["level", "flow"].indexOf(feature),
  },
  images: {
    made: (images: number[][]) =>
      imagesFrom(images.map((data) => ({ height: 12, width: 12, data: Uint8Array.from(data) }))),
    placeOf({ feature }) {
      const [down, across] = feature.match(/\d+/g)!.map(Number);
      return 8 * (down! - 1) + across! - 1;
    },
  },
};

describe("integrated gradients against PyTorch", () => {
  it.each(Object.entries(golden))("%s", async (name, { kind, contributions: expected }) => {
    await using model = await Model.fromBytes(readFileSync(here(`${name}.onnx`)));
    const { made, placeOf } = KINDS[kind]!;
    const [normal, odd] = [made(rows[kind].normal as never), made(rows[kind].odd as never)];
    const given = { method: "gradients", neighbours: 1, background: normal, changes: 0 } as const;
    const { rows: explained, warnings } = await explain(model, odd, given);
    expect(explained.length).toBe(odd.rowCount);
    expect(warnings.join()).not.toMatch(/missed the difference/);
    for (const { row, score, nearest, contributions, path } of explained) {
      const wanted = expected[row * normal.rowCount + nearest[0]!.row]!;
      const size = wanted.reduce((sum, each) => sum + Math.abs(each), 0);
      expect(path!.missed).toBeLessThanOrEqual(0.01);
      expect(contributions.length).toBe(wanted.length);
      for (const part of contributions) {
        const difference = Math.abs(part.contribution - wanted[placeOf(part)]!);
        expect(difference).toBeLessThanOrEqual(0.01 * Math.max(size, Math.abs(score)));
      }
    }
  });
});

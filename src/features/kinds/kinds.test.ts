import { describe, expect, it } from "vitest";
import { imagesFrom } from "../../data/images/image-arrays.js";
import { type Table, tableFromColumns } from "../../data/index.js";
import { seriesFromTable } from "../../data/series/series-from-table.js";
import { createRandom } from "../../math/random.js";
import type { Runtime } from "../../runtime/index.js";
import { loadNativeRuntime } from "../../runtime/node/native.js";
import { fitFeatureSchema } from "../fit-schema.js";
import type { ImageSchema, SeriesSchema, TableSchema } from "../input-schema.js";
import { computeFeatures, fitInputSchema, inputShape, rawRows } from "../inputs.js";
import { denseFeatures, rowStart } from "../matrix.js";

const runtime: Runtime = await loadNativeRuntime();
const allRows = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, row) => row);
const tableSchema = (data: Table, rows: Uint32Array): TableSchema => ({
  kind: "table",
  ...fitFeatureSchema(data, rows, "standard"),
});
const options = { scaling: "standard", contrast: "gcn" } as const;

describe("windows of a series", () => {
  const random = createRandom(1).stream("series");
  const table = tableFromColumns({
    level: Float64Array.from({ length: 60 }, () => random.normal()),
    mode: Array.from({ length: 60 }, (_, step) => (step % 3 === 0 ? "on" : "off")),
  });
  const series = seriesFromTable(table, { window: 8, stride: 4 });

  it("are the features of their steps, one step after the other", async () => {
    const schema = await fitInputSchema(series, allRows(series.rowCount), options, runtime);
    const steps = tableSchema(table, allRows(60));
    const perStep = await computeFeatures(runtime, steps, table, allRows(60));
    const windows = await computeFeatures(runtime, schema, series, allRows(series.rowCount));
    expect(inputShape(schema)).toEqual([8, perStep.columns]);
    expect(windows).toMatchObject({ rows: series.rowCount, columns: 8 * perStep.columns });
    // All steps are covered, so that both have learned from the same values.
    const dense = denseFeatures(windows);
    series.starts.forEach((start, k) => {
      const own = dense.data.slice(rowStart(dense, k), rowStart(dense, k) + dense.columns);
      const expected = perStep.data.slice(start * perStep.columns, (start + 8) * perStep.columns);
      expect(own).toEqual(expected);
    });
    // The series itself is stored once, not once per window.
    expect(windows.data.length).toBe(60 * perStep.columns);
  });

  it("learn their scaling from the covered steps only", async () => {
    const values = Float64Array.from({ length: 60 }, (_, step) => (step < 30 ? step % 5 : 1000));
    const jump = seriesFromTable(tableFromColumns({ level: values }), { window: 6, stride: 6 });
    const early = jump.starts.filter((start) => start + 6 <= 30).length;
    const schema = (await fitInputSchema(jump, allRows(early), options, runtime)) as SeriesSchema;
    expect(schema.steps.numeric[0]).toMatchObject({ min: 0, max: 4 });
  });

  it("go to the model in pieces that give what all at once would", async () => {
    const schema = await fitInputSchema(series, allRows(series.rowCount), options, runtime);
    const rows = Uint32Array.of(4, 0, 7);
    const raw = rawRows(series, schema);
    for await (const { from, to, feeds } of raw.pieces(rows)) {
      expect([from, to]).toEqual([0, 3]);
      expect(feeds["numeric"]!.shape).toEqual([3, 8, 1]);
      const level = table.columns[0] as { values: Float64Array };
      const wanted = [...rows].flatMap((row) => {
        const start = series.starts[row]!;
        return Array.from(level.values.slice(start, start + 8));
      });
      expect(Array.from(feeds["numeric"]!.data as Float64Array)).toEqual(wanted);
    }
  });

  it("of another length, and data of another kind, are refused", async () => {
    const schema = await fitInputSchema(series, allRows(series.rowCount), options, runtime);
    expect(() => rawRows(table, schema)).toThrow(
      /holds rows of a table, but the model was trained on windows of a series/,
    );
    expect(() => rawRows(seriesFromTable(table, { window: 9, stride: 1 }), schema)).toThrow(
      /has windows of 9 steps; the model was trained on 8/,
    );
    expect(() => rawRows(series, tableSchema(table, allRows(60)))).toThrow(/holds windows of a series/);
  });
});

describe("images", () => {
  const random = createRandom(2).stream("images");
  const image = (height: number, width: number, channels: 1 | 3 = 1) => ({
    height,
    width,
    data: Uint8Array.from({ length: height * width * channels }, () => Math.floor(random.uniform() * 256)),
  });

  it("have the contrast normalisation and range of the reference code", async () => {
    const images = imagesFrom(Array.from({ length: 5 }, () => ({ ...image(4, 6, 3), channels: 3 })));
    const schema = (await fitInputSchema(images, allRows(4), options, runtime)) as ImageSchema;
    expect(schema).toMatchObject({ channels: 3, height: 4, width: 6, resized: false });
    const { data } = await computeFeatures(runtime, schema, images, allRows(5));
    // x / 255, minus the mean over all values, over the mean absolute value; then one range for all.
    const expected: number[][] = [];
    for (let k = 0; k < 5; k++) {
      const { data: bytes } = await images.read(k);
      const x = Array.from(bytes, (byte) => byte / 255);
      const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
      const scale = x.reduce((sum, value) => sum + Math.abs(value - mean), 0) / x.length;
      const planes: number[] = [];
      for (let c = 0; c < 3; c++) for (let p = 0; p < 24; p++) planes.push((x[3 * p + c]! - mean) / scale);
      expected.push(planes);
    }
    const seen = expected.slice(0, 4).flat();
    const [low, high] = [Math.min(...seen), Math.max(...seen)];
    expect([schema.min, schema.max]).toEqual([expect.closeTo(low, 5), expect.closeTo(high, 5)]);
    expected.flat().forEach((value, k) => {
      expect(data[k]).toBeCloseTo((value - low) / (high - low), 5);
    });
  });

  it("of one colour stay finite", async () => {
    const flat = { height: 8, width: 8, data: new Uint8Array(64).fill(90) };
    const images = imagesFrom([image(8, 8), image(8, 8), flat].map((one) => ({ ...one, channels: 1 })));
    const schema = await fitInputSchema(images, allRows(3), options, runtime);
    const { data } = await computeFeatures(runtime, schema, images, allRows(3));
    expect(data.every(Number.isFinite)).toBe(true);
  });

  it("of different sizes come to one, and of one size to themselves", async () => {
    const sizes = [image(100, 200), image(100, 200), image(50, 100), image(300, 200)];
    const mixed = imagesFrom(sizes.map((one) => ({ ...one, channels: 1 })));
    const schema = (await fitInputSchema(mixed, allRows(4), options, runtime)) as ImageSchema;
    expect(schema).toMatchObject({ height: 32, width: 64, resized: true });
    const { data, columns } = await computeFeatures(runtime, schema, mixed, allRows(4));
    expect(columns).toBe(32 * 64);
    // One image alone has the same features as among others of other sizes.
    const alone = await computeFeatures(runtime, schema, mixed, Uint32Array.of(3));
    expect(alone.data).toEqual(data.slice(3 * columns));
    const small = (await fitInputSchema(
      mixed,
      Uint32Array.of(0, 1),
      { ...options, imageSize: 200 },
      runtime,
    )) as ImageSchema;
    expect(small).toMatchObject({ height: 100, width: 200, resized: false });
    await expect(computeFeatures(runtime, small, mixed, allRows(4))).rejects.toMatchObject({
      code: "schema-mismatch",
      message: expect.stringContaining("50 x 100"),
    });
  });

  it("that are all of one colour cannot be learned from", async () => {
    const flat = { height: 8, width: 8, channels: 1, data: new Uint8Array(64).fill(7) };
    const fitted = fitInputSchema(imagesFrom([flat, flat]), allRows(2), options, runtime);
    await expect(fitted).rejects.toMatchObject({ code: "unfit-data" });
  });
});

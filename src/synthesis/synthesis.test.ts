import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FeatureMatrix } from "../features/index.js";
import { spearman } from "../math/quantile.js";
import { createRandom, type RandomStream } from "../math/random.js";
import { recontrasted } from "./contrast.js";
import { confetti, cutPaste, type ImageShape } from "./images.js";
import { SYNTHESES, synthesizeOutliers } from "./synthesis.js";
import { shiftedFeatures, shuffledColumns } from "./tables.js";

const stream = (...names: (string | number)[]): RandomStream => createRandom("synthesis").stream(...names);

/** Rows of numbers that are all different, so that every value says where it came from. */
function distinct(rows: number, columns: number): FeatureMatrix {
  const order = stream("distinct", rows, columns).permutation(rows * columns);
  return { rows, columns, data: Float32Array.from(order) };
}

const row = ({ columns, data }: FeatureMatrix, k: number): Float32Array =>
  data.subarray(k * columns, (k + 1) * columns);
const column = ({ rows, columns, data }: FeatureMatrix, k: number): number[] =>
  Array.from({ length: rows }, (_, at) => data[at * columns + k]!);

/** The row of `matrix` that shares most values with this one, and the places where they differ. */
function changes(matrix: FeatureMatrix, outlier: Float32Array): number[] {
  const lists = Array.from({ length: matrix.rows }, (_, k) => {
    const own = row(matrix, k);
    return Array.from(outlier.keys()).filter((at) => own[at] !== outlier[at]);
  });
  return lists.reduce((least, list) => (list.length < least.length ? list : least));
}

const shapes = fc.tuple(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 2, max: 12 }),
);
const sizeOf = ([channels, height, width]: ImageShape): number => channels * height * width;

describe("shifted features", () => {
  it("move between one and a share of the features, each by the same number of its deviations", () => {
    const matrix = distinct(40, 10);
    const deviations = Array.from({ length: 10 }, (_, k) => {
      const values = column(matrix, k);
      const mean = values.reduce((sum, value) => sum + value, 0) / 40;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 40);
    });
    const outliers = shiftedFeatures(matrix, 300, stream("shift"), { share: 0.4, distance: 3 });
    expect(outliers).toMatchObject({ rows: 300, columns: 10 });
    const counts = new Set<number>();
    const signs = new Set<number>();
    for (let k = 0; k < 300; k++) {
      const places = changes(matrix, row(outliers, k));
      counts.add(places.length);
      const source = Array.from({ length: 40 }, (_, at) => row(matrix, at)).find(
        (own) => own.filter((value, at) => value !== row(outliers, k)[at]).length === places.length,
      )!;
      for (const at of places) {
        const steps = (row(outliers, k)[at]! - source[at]!) / deviations[at]!;
        expect(Math.abs(steps)).toBeCloseTo(3, 4);
        signs.add(Math.sign(steps));
      }
    }
    expect([...counts].sort()).toEqual([1, 2, 3, 4]);
    expect([...signs].sort()).toEqual([-1, 1]);
  });

  it("leave features alone that never vary", () => {
    const data = distinct(20, 4).data.map((value, at) => (at % 4 === 1 ? 7 : value));
    const outliers = shiftedFeatures({ rows: 20, columns: 4, data }, 50, stream("constant"), { share: 1 });
    expect(column(outliers, 1)).toEqual(Array(50).fill(7));
    const same = { rows: 5, columns: 2, data: new Float32Array(10).fill(3) };
    expect(() => shiftedFeatures(same, 5, stream("same"))).toThrow("No numeric column varies");
  });

  it("leave categories alone, and refuse rows that have nothing else", () => {
    const matrix = distinct(20, 5);
    const columnOf = [0, 1, 2, 2, 2];
    const outliers = shiftedFeatures(matrix, 50, stream("levels"), {
      share: 1,
      layout: { steps: 1, columnOf },
    });
    const places = new Set(Array.from({ length: 50 }, (_, k) => changes(matrix, row(outliers, k))).flat());
    expect([...places].sort()).toEqual([0, 1]);
    const layout = { steps: 1, columnOf: [0, 0, 0, 1, 1] };
    expect(() => shiftedFeatures(matrix, 1, stream("levels"), { layout })).toThrow(
      expect.objectContaining({ code: "invalid-option", hint: "Choose shuffled-columns." }),
    );
  });

  it("shift columns of windows by one number for one stretch of steps", () => {
    const [steps, width] = [10, 3];
    const matrix = distinct(40, steps * width);
    const deviations = Array.from({ length: width }, (_, channel) => {
      const values = Array.from(matrix.data).filter((_, at) => at % width === channel);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    });
    const layout = { steps, columnOf: [0, 1, 2] };
    const outliers = shiftedFeatures(matrix, 200, stream("stretch"), { share: 1, layout });
    const lengths = new Set<number>();
    for (let k = 0; k < 200; k++) {
      const outlier = row(outliers, k);
      const places = changes(matrix, outlier);
      // Nothing says which row it was.
      if (places.length === steps * width) continue;
      const source = Array.from({ length: 40 }, (_, at) => row(matrix, at)).find(
        (own) => own.filter((value, at) => value !== outlier[at]).length === places.length,
      )!;
      const moved = [...new Set(places.map((at) => Math.floor(at / width)))];
      const channels = [...new Set(places.map((at) => at % width))];
      expect(places).toHaveLength(moved.length * channels.length);
      expect(Math.max(...moved) - Math.min(...moved)).toBe(moved.length - 1);
      for (const channel of channels) {
        const shifts = places.filter((at) => at % width === channel).map((at) => outlier[at]! - source[at]!);
        expect(Math.abs(shifts[0]!) / deviations[channel]!).toBeCloseTo(4, 4);
        for (const shift of shifts) expect(shift).toBeCloseTo(shifts[0]!, 3);
      }
      lengths.add(moved.length);
    }
    expect(lengths.size).toBe(steps);
  });
});

describe("shuffled columns", () => {
  it("keep every column's values and take rows apart", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 2, max: 6 }), (rows, columns) => {
        const matrix = distinct(rows, columns);
        const outliers = shuffledColumns(matrix, rows, stream("shuffle", rows));
        for (let k = 0; k < columns; k++)
          expect(column(outliers, k).toSorted()).toEqual(column(matrix, k).toSorted());
      }),
    );
  });

  it("break what holds between columns", () => {
    const values = new Float32Array(2000);
    stream("values").fillNormal(values);
    const data = Float32Array.from({ length: 4000 }, (_, at) => values[at >> 1]!);
    const outliers = shuffledColumns({ rows: 2000, columns: 2, data }, 2000, stream("break"));
    // For independent columns the coefficient spreads by 1 / sqrt(2000) = 0.022 about zero.
    expect(Math.abs(spearman(column(outliers, 0), column(outliers, 1)))).toBeLessThan(0.1);
  });

  it("move indicators of a category together, and columns of windows with their whole course", () => {
    const [steps, columnOf] = [4, [0, 1, 1, 2]];
    const matrix = distinct(30, steps * 4);
    const outliers = shuffledColumns(matrix, 30, stream("together"), { steps, columnOf });
    /** The row that each feature of an outlier comes from. */
    const sources = (k: number): number[] =>
      Array.from(row(outliers, k), (value, at) => column(matrix, at).indexOf(value));
    for (let k = 0; k < 30; k++) {
      const from = sources(k);
      for (const [at, source] of from.entries()) {
        const [first] = columnOf.flatMap((each, place) => (each === columnOf[at % 4] ? [place] : []));
        expect(source).toBe(from[first!]);
      }
    }
    const apart = Array.from({ length: 30 }, (_, k) => new Set(sources(k)).size);
    expect(apart.filter((rows) => rows > 1).length).toBeGreaterThan(20);
  });

  it("refuse a single column, whose rows would come out as they were", () => {
    for (const [inputShape, columnOf] of [
      [[1], undefined],
      [[12, 1], undefined],
      [
        [4, 3],
        [0, 0, 0],
      ],
    ] as const) {
      const matrix = distinct(
        5,
        inputShape.reduce<number>((product, length) => product * length, 1),
      );
      expect(() =>
        synthesizeOutliers("shuffled-columns", matrix, inputShape, 5, stream("one"), columnOf),
      ).toThrow(expect.objectContaining({ code: "invalid-option", hint: "Choose shifted-features." }));
    }
  });

  it("give more rows than there are by going round again", () => {
    const matrix = distinct(7, 3);
    const outliers = shuffledColumns(matrix, 21, stream("more"));
    const thrice = column(matrix, 2).flatMap((value) => [value, value, value]);
    expect(column(outliers, 2).toSorted()).toEqual(thrice.toSorted());
  });
});

describe("cut-paste", () => {
  it("changes exactly one rectangle, in all channels, to pixels from elsewhere in the same image", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 0, max: 1000 }), (shape, seed) => {
        const [channels, height, width] = shape;
        const matrix = distinct(3, sizeOf(shape));
        const outliers = cutPaste(matrix, shape, 4, stream("paste", seed));
        for (let k = 0; k < 4; k++) {
          const outlier = row(outliers, k);
          const places = changes(matrix, outlier);
          const source = Array.from({ length: 3 }, (_, at) => row(matrix, at)).find(
            (own) => own.filter((value, at) => value !== outlier[at]).length === places.length,
          )!;
          const rows = places.map((at) => Math.floor(at / width) % height);
          const columns = places.map((at) => at % width);
          const [top, left] = [Math.min(...rows), Math.min(...columns)];
          const area = (Math.max(...rows) - top + 1) * (Math.max(...columns) - left + 1);
          // All values differ, so that every pixel of the rectangle has changed, and none outside of it.
          expect(places).toHaveLength(area * channels);
          const moved = new Set(
            places.map((at) => {
              const from = source.indexOf(outlier[at]!);
              expect(Math.floor(from / (height * width))).toBe(Math.floor(at / (height * width)));
              return from - at;
            }),
          );
          expect(moved.size).toBe(1);
          expect(moved.has(0)).toBe(false);
        }
      }),
    );
  });

  it("cuts 2 to 15 % of larger images", () => {
    const shape: ImageShape = [1, 64, 64];
    const matrix = distinct(2, sizeOf(shape));
    const outliers = cutPaste(matrix, shape, 60, stream("area"));
    const areas = Array.from({ length: 60 }, (_, k) => changes(matrix, row(outliers, k)).length / 4096);
    expect(Math.min(...areas)).toBeGreaterThan(0.018);
    expect(Math.max(...areas)).toBeLessThan(0.155);
    expect(Math.max(...areas) - Math.min(...areas)).toBeGreaterThan(0.08);
  });

  it("refuses images of one pixel, and rows that are no such images", () => {
    expect(() => cutPaste(distinct(3, 3), [3, 1, 1], 1, stream("one"))).toThrow(
      expect.objectContaining({ code: "invalid-option" }),
    );
    expect(() => cutPaste(distinct(3, 10), [1, 3, 3], 1, stream("none"))).toThrow(
      "Images of 1 x 3 x 3 have 9 values; these rows have 10.",
    );
  });
});

describe("confetti", () => {
  it("stays in each channel's range, changes something and leaves most as it was", () => {
    const shape: ImageShape = [2, 32, 32];
    const half = 32 * 32;
    const base = distinct(6, 2 * half).data;
    // The second channel has a range of its own.
    const data = base.map((value, at) => (at % (2 * half) < half ? value : -1 - value / 1e5));
    const matrix = { rows: 6, columns: 2 * half, data };
    const outliers = confetti(matrix, shape, 40, stream("confetti"));
    const range = (of: FeatureMatrix, channel: number): [number, number] => {
      const values = Array.from(of.data).filter((_, at) => Math.floor(at / half) % 2 === channel);
      return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    };
    for (const channel of [0, 1]) {
      const [low, high] = range(matrix, channel);
      const [least, most] = range(outliers, channel);
      expect(least).toBeGreaterThanOrEqual(low);
      expect(most).toBeLessThanOrEqual(high);
    }
    for (let k = 0; k < 40; k++) {
      const places = changes(matrix, row(outliers, k));
      expect(places.length).toBeGreaterThan(0);
      expect(places.length).toBeLessThan(half);
      // A piece has one colour in each channel: at most twelve values are new.
      const colours = new Set(places.filter((at) => at < half).map((at) => row(outliers, k)[at]));
      expect(colours.size).toBeLessThanOrEqual(12);
    }
  });

  it("takes its colours from the range of a typical image, not of the most extreme one", () => {
    const data = Float32Array.from({ length: 9 * 256 }, (_, at) => (at % 256) / 255);
    data[4 * 256] = -100;
    data[4 * 256 + 1] = 100;
    const outliers = confetti({ rows: 9, columns: 256, data }, [1, 16, 16], 90, stream("typical"));
    const colours = outliers.data.filter((value) => Math.abs(value) !== 100);
    expect(Math.min(...colours)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...colours)).toBeLessThanOrEqual(1);
  });

  it("fits into the smallest images", () => {
    const outliers = confetti(distinct(4, 1), [1, 1, 1], 9, stream("tiny"));
    expect(outliers.data.every((value) => value >= 0 && value <= 3)).toBe(true);
  });
});

describe("contrast of damaged images", () => {
  /** As the features of a model compute it, see `imageFeatureGraph`. */
  const normalised = ({ rows, columns, data }: FeatureMatrix, low: number, high: number): FeatureMatrix => ({
    rows,
    columns,
    data: data.map((value, at) => {
      const image = data.subarray(at - (at % columns), at - (at % columns) + columns);
      const mean = image.reduce((sum, each) => sum + each, 0) / columns;
      const deviation = image.reduce((sum, each) => sum + Math.abs(each - mean), 0) / columns;
      return ((value - mean) / Math.max(deviation, 1e-8) - low) / (high - low);
    }),
  });

  it("is what it would be had they been damaged before contrast normalisation", () => {
    const shape: ImageShape = [3, 8, 8];
    const pixels = distinct(10, sizeOf(shape));
    const before = normalised(cutPaste(pixels, shape, 20, stream("contrast")), -3, 4);
    const images = normalised(pixels, -3, 4);
    const after = recontrasted(cutPaste(images, shape, 20, stream("contrast")), images);
    const largest = (a: FeatureMatrix, b: FeatureMatrix): number =>
      a.data.reduce((most, value, at) => Math.max(most, Math.abs(value - b.data[at]!)), 0);
    expect(largest(after, before)).toBeLessThan(1e-6);
    expect(largest(cutPaste(images, shape, 20, stream("contrast")), before)).toBeGreaterThan(1e-3);
  });

  it("leaves images of one colour as they are", () => {
    const flat = { rows: 2, columns: 4, data: Float32Array.of(1, 1, 1, 1, 0, 2, 0, 2) };
    expect(recontrasted(flat, flat).data).toEqual(flat.data);
  });
});

describe("synthesis by name", () => {
  const shape = [1, 6, 6];
  const matrix = distinct(12, 36);

  it.each(SYNTHESES)("%s: as many as asked for, the same from the same stream, recorded", (kind) => {
    const once = synthesizeOutliers(kind, matrix, shape, 5, stream(kind));
    expect(once.outliers).toMatchObject({ rows: 5, columns: 36 });
    expect(once.record).toEqual({ synthesis: kind, outliers: 5 });
    expect(synthesizeOutliers(kind, matrix, shape, 5, stream(kind))).toEqual(once);
    expect(synthesizeOutliers(kind, matrix, shape, 5, stream(kind, 2)).outliers).not.toEqual(once.outliers);
  });

  it.each(SYNTHESES)("%s reads windows that overlap as it reads rows", (kind) => {
    const starts = Uint32Array.of(0, 3, 6);
    const overlapping = { rows: 3, columns: 36, data: matrix.data, starts };
    const dense = Float32Array.from(
      [...starts].flatMap((start) => [...matrix.data.subarray(start, start + 36)]),
    );
    const wanted = synthesizeOutliers(kind, { rows: 3, columns: 36, data: dense }, shape, 4, stream(kind));
    expect(synthesizeOutliers(kind, overlapping, shape, 4, stream(kind))).toEqual(wanted);
  });

  it("leaves the rows that it is made from alone", () => {
    const before = matrix.data.slice();
    for (const kind of SYNTHESES) synthesizeOutliers(kind, matrix, shape, 5, stream("alone"));
    expect(matrix.data).toEqual(before);
  });

  it("refuses kinds made for images where rows are none, and counts that make no sense", () => {
    expect(() => synthesizeOutliers("confetti", matrix, [36], 5, stream("refused"))).toThrow(
      expect.objectContaining({
        code: "invalid-option",
        message: "confetti makes outliers from images; these rows are not images.",
      }),
    );
    for (const count of [0, 1.5, -1]) {
      expect(() => synthesizeOutliers("shuffled-columns", matrix, [36], count, stream("refused"))).toThrow(
        expect.objectContaining({ code: "invalid-option" }),
      );
    }
  });
});

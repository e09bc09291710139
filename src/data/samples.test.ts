import { describe, expect, it } from "vitest";
import { Knn, samplesOf, tableFromColumns } from "../index.js";

const table = tableFromColumns({ a: Float64Array.from({ length: 40 }, (_, row) => row) });

describe("samplesOf", () => {
  it("says what was given where no data were", async () => {
    for (const [given, message] of [
      [undefined, "of type undefined"],
      [null, "are null"],
      ["plant.csv", "of type string"],
      [[[1, 2]], "of type object"],
      [Promise.resolve(table), "are a promise"],
    ] as const) {
      expect(() => samplesOf(given as never)).toThrow(
        expect.objectContaining({ code: "unfit-data", message: expect.stringContaining(message) }),
      );
      await expect(new Knn().fit(given as never)).rejects.toMatchObject({ code: "unfit-data" });
    }
  });

  it("refuses a split that would measure what was learned, or rows that are not there", () => {
    const split = (train: number[], test: number[]) => () =>
      samplesOf(table, { split: { train: Uint32Array.from(train), test: Uint32Array.from(test) } });
    expect(split([0, 1], [2])().split!.test).toEqual(Uint32Array.of(2));
    expect(split([0, 1], [1, 2])).toThrow("is in both split.train and split.test");
    expect(split([0, 0], [1])).toThrow("twice");
    expect(split([0], [40])).toThrow("split.test has row 40");
    expect(() => samplesOf(table, { split: [0, 1] as never })).toThrow("split.train is undefined");
  });
});

import { describe, expect, it } from "vitest";
import { profileTable } from "./profile.js";
import { tableFromColumns } from "./table-from.js";

describe("profileTable", () => {
  it("describes numbers over finite values and counts the rest", () => {
    const { columns } = profileTable(
      tableFromColumns({ a: [3, Number.NaN, 1, Number.NEGATIVE_INFINITY, 2, 2, Number.POSITIVE_INFINITY] }),
    );
    expect(columns[0]).toMatchObject({
      kind: "numeric",
      missing: 1,
      firstMissingRow: 1,
      positiveInfinity: 1,
      negativeInfinity: 1,
      firstInfiniteRow: 3,
      distinct: 3,
      constant: false,
      integer: true,
      min: 1,
      max: 3,
      mean: 2,
      median: 2,
      q25: 1.75,
    });
    expect((columns[0] as { std: number }).std).toBeCloseTo(Math.sqrt(2 / 3), 14);
  });

  it("keeps the deviation of large, close numbers", () => {
    const [column] = profileTable(tableFromColumns({ a: [1e9 + 1, 1e9 + 2, 1e9 + 3] })).columns;
    expect(column).toMatchObject({ mean: 1e9 + 2, std: 1 });
  });

  it("describes categories, constants and columns without a value", () => {
    const { columns } = profileTable(
      tableFromColumns({ c: ["x", "y", "y", null], k: [5, 5, 5, 5], n: [null, null, null, null] }),
    );
    expect(columns[0]).toEqual({
      kind: "categorical",
      name: "c",
      missing: 1,
      firstMissingRow: 3,
      distinct: 2,
      constant: false,
      top: [
        { level: "y", count: 2 },
        { level: "x", count: 1 },
      ],
    });
    expect(columns[1]).toMatchObject({ constant: true, distinct: 1, std: 0 });
    expect(columns[2]).toMatchObject({ constant: true, distinct: 0, missing: 4, min: Number.NaN });
  });
});

import { describe, expect, it } from "vitest";
import { rankChart } from "./rank-chart.js";

const ranked = (...ranks: number[]) => ranks.map((rank, k) => ({ name: `d${k}`, rank }));
/** First and last rank that each bar covers. */
function groups(markup: string, count: number): [number, number][] {
  const rankAt = (x: number): number => 1 + ((x - 170) / (720 - 340)) * (count - 1);
  return [...markup.matchAll(/<line x1="([\d.]+)" x2="([\d.]+)"[^>]*stroke-width="4"/g)].map(
    ([, from, to]) => [
      Number(rankAt(Number(from) + 4).toFixed(1)),
      Number(rankAt(Number(to) - 4).toFixed(1)),
    ],
  );
}

describe("rankChart", () => {
  it("joins every longest run of detectors that are not further apart than the difference", () => {
    expect(groups(rankChart(ranked(1.2, 2, 2.9, 3.9), 1), 4)).toEqual([
      [1.2, 2],
      [2, 2.9],
      [2.9, 3.9],
    ]);
  });

  it("draws no bar inside of another one, and none for a detector by itself", () => {
    expect(groups(rankChart(ranked(1, 2, 3), 5), 3)).toEqual([[1, 3]]);
    expect(groups(rankChart(ranked(1, 2, 3), 0.5), 3)).toEqual([]);
    expect(groups(rankChart(ranked(1.1, 1.2, 1.3, 4), 0.5), 4)).toEqual([[1.1, 1.3]]);
  });

  it("takes the detectors in any order, and names each with its rank", () => {
    const markup = rankChart(
      [
        { name: "second", rank: 1.9 },
        { name: "a<b", rank: 1.1 },
      ],
      0.3,
    );
    expect(markup).toContain(">second (1.90)<");
    expect(markup).toContain(">a&#60;b (1.10)<");
    expect(markup).toContain("critical difference 0.30");
    expect(markup).not.toMatch(/NaN|Infinity|undefined/);
  });
});

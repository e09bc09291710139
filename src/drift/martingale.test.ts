import { describe, expect, test } from "vitest";
import { createRandom, type RandomStream } from "../math/random.js";
import { Betting } from "./betting.js";
import { type DriftMonitor, driftMonitor, restoreMonitor } from "./martingale.js";
import { uniformity } from "./stability.js";

const draw = (stream: RandomStream, n: number, shift = 0): number[] =>
  Array.from({ length: n }, () => stream.normal() + shift);

function watch(run: number, stream: (random: RandomStream) => number[], calibration = 200): DriftMonitor {
  const random = createRandom(run).stream("scores");
  const monitor = driftMonitor({ calibration: draw(random, calibration), delta: 0.05, seed: run });
  for (const score of stream(random)) monitor.push(score);
  return monitor;
}

function alarms(runs: number, stream: (random: RandomStream) => number[], calibration?: number): number {
  let count = 0;
  for (let run = 0; run < runs; run++) count += watch(run, stream, calibration).status().alarmed ? 1 : 0;
  return count;
}

const RUNS = 400;
/** Two standard errors above the promised 5 %. */
const MOST = RUNS * (0.05 + 2 * Math.sqrt((0.05 * 0.95) / RUNS));

describe("without drift, alarms are no more frequent than promised", () => {
  test("scores without ties", () => {
    expect(alarms(RUNS, (random) => draw(random, 1500))).toBeLessThanOrEqual(MOST);
  });

  test("scores that are nearly all tied", () => {
    const rounded = (random: RandomStream): number[] => draw(random, 800).map(Math.round);
    let count = 0;
    for (let run = 0; run < RUNS; run++) {
      const random = createRandom(run).stream("tied");
      const monitor = driftMonitor({ calibration: rounded(random), delta: 0.05, seed: run });
      for (const score of rounded(random)) monitor.push(score);
      count += monitor.status().alarmed ? 1 : 0;
    }
    expect(count).toBeLessThanOrEqual(MOST);
  });

  test("few calibration scores, where p-values against those alone would lean to one side", () => {
    expect(alarms(RUNS, (random) => draw(random, 1500), 20)).toBeLessThanOrEqual(MOST);
  });

  test("a memory much shorter than the stream", () => {
    let count = 0;
    const p: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const random = createRandom(run).stream("short");
      const calibration = draw(random, 30);
      const monitor = driftMonitor({ calibration, delta: 0.05, seed: run, capacity: 40 });
      for (const score of draw(random, 800)) p.push(monitor.push(score));
      expect(monitor.state().scores).toHaveLength(40);
      count += monitor.status().alarmed ? 1 : 0;
    }
    expect(count).toBeLessThanOrEqual(MOST);
    expect(uniformity(p).significance).toBeGreaterThan(0.001);
  });
});

describe("with drift, the alarm is raised, and not long after", () => {
  test.each([
    ["scores much too high", (random: RandomStream) => draw(random, 50, 3), 200, 30],
    ["scores somewhat too high", (random: RandomStream) => draw(random, 500, 0.7), 200, 300],
    ["scores too low", (random: RandomStream) => draw(random, 500, -1.5), 200, 60],
    ["one score over and over", () => new Array(500).fill(0.1) as number[], 1000, 150],
    ["late", (random: RandomStream) => [...draw(random, 3000), ...draw(random, 500, 2)], 1000, 3200],
  ])("%s", (_, stream, calibration, latest) => {
    for (let run = 0; run < 20; run++) {
      const { alarmed, at, max } = watch(run, stream, calibration).status();
      expect(alarmed).toBe(true);
      expect(at).toBeLessThan(latest);
      expect(max).toBeGreaterThanOrEqual(20);
    }
  });

  test("thousands of quiet rows before it do not hide it", () => {
    const delay = (quiet: number): number => {
      const delays = Array.from({ length: 15 }, (_, run) => {
        const stream = (random: RandomStream): number[] => [
          ...draw(random, quiet),
          ...draw(random, 400, 0.7),
        ];
        return watch(run, stream, 1000).status().at! - quiet;
      });
      return delays.sort((a, b) => a - b)[7]!;
    };
    const early = delay(10);
    expect(early).toBeGreaterThan(5);
    expect(delay(5000)).toBeLessThan(3 * early);
  });

  test("a very long drift stays within the range of numbers", () => {
    const monitor = driftMonitor({ calibration: draw(createRandom(1).stream("c"), 5000) });
    for (let k = 0; k < 1500; k++) monitor.push(100 + k);
    const { logValue, value, at } = monitor.status();
    expect(logValue).toBeGreaterThan(720);
    expect(Number.isFinite(logValue)).toBe(true);
    expect(value).toBe(Number.POSITIVE_INFINITY);
    expect(at).toBeLessThan(10);
  });
});

test("the game is fair: each bet's mean over p is the stake", () => {
  const start = new Betting();
  for (const p of [0.1, 0.15, 0.4, 0.12, 0.9, 0.11]) start.bet(p);
  const before = Math.exp(start.logCapital);
  // Midpoints of a fine grid; the powers' poles cost some of the digits.
  const points = 40_000;
  let mean = 0;
  for (let k = 0; k < points; k++) {
    const game = new Betting(start.state());
    game.bet((k + 0.5) / points);
    mean += Math.exp(game.logCapital) / points;
  }
  expect(Math.abs(mean / before - 1)).toBeLessThan(1e-3);
});

test("the first p-value is the rank among the calibration scores, ties at random", () => {
  const p = (score: number, seed = 0): number =>
    driftMonitor({ calibration: [1, 2, 2, 3], seed }).push(score);
  for (let seed = 0; seed < 50; seed++) {
    expect(p(9, seed)).toBeGreaterThan(0);
    expect(p(9, seed)).toBeLessThan(1 / 5);
    expect(p(2, seed)).toBeGreaterThan(1 / 5);
    expect(p(2, seed)).toBeLessThan(4 / 5);
    expect(p(0, seed)).toBeGreaterThan(4 / 5);
    expect(p(0, seed)).toBeLessThan(1);
  }
  expect(p(Number.POSITIVE_INFINITY)).toBe(p(9));
});

test("a monitor that was saved as JSON and restored goes on as if nothing had happened", () => {
  const random = createRandom(3).stream("scores");
  const calibration = draw(random, 100);
  const scores = [...draw(random, 150), ...draw(random, 150, 1).map((score) => Math.round(score * 4) / 4)];
  const whole = driftMonitor({ calibration, capacity: 180, seed: 5 });
  const expected = scores.map((score) => whole.push(score));
  let parts = driftMonitor({ calibration, capacity: 180, seed: 5 });
  const found = scores.map((score, k) => {
    if (k % 70 === 0) parts = restoreMonitor(JSON.parse(JSON.stringify(parts.state())));
    return parts.push(score);
  });
  expect(found).toEqual(expected);
  expect(JSON.stringify(parts.state())).toBe(JSON.stringify(whole.state()));
  expect(parts.status()).toEqual(whole.status());
});

test("what cannot be is refused", () => {
  const monitor = driftMonitor({ calibration: [1, 2] });
  expect(() => monitor.push(Number.NaN)).toThrow(/not a number/);
  expect(() => driftMonitor({ calibration: [] })).toThrow(/no calibration scores/);
  expect(() => driftMonitor({ calibration: [1], delta: 1 })).toThrow(/delta is 1/);
  expect(() => driftMonitor({ calibration: [1, 2, 3], capacity: 2 })).toThrow(/at least 3/);
  expect(() => restoreMonitor({})).toThrow(/not the state/);
  expect(() => restoreMonitor({ ...monitor.state(), scores: [2, 1] })).toThrow(/not ascending/);
});

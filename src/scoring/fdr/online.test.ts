import { describe, expect, it } from "vitest";
import { createRandom, type RandomStream } from "../../math/random.js";
import { pValues } from "../conformal/p-values.js";
import {
  calibrationSizeForOnlineDiscovery,
  type OnlineFdrOptions,
  type OnlineFdrState,
  onlineFdr,
  restoreOnlineFdr,
} from "./online.js";

const procedures = ["lord", "saffron"] as const;

/** The example of R's onlineFDR, in the order of its table. */
const example = [
  ...[2.9e-8, 0.06743, 0.01514, 0.08174, 0.00171, 3.6e-5, 0.79149, 0.27201, 0.28295, 7.59e-8, 0.69274],
  ...[0.30443, 0.00136, 0.72342, 0.54757],
];

function decisions(
  options: OnlineFdrOptions,
  p: readonly number[],
): { levels: number[]; rejected: number[] } {
  const stream = onlineFdr(options);
  const made = p.map((value) => stream.next(value));
  return {
    levels: made.map(({ level }) => level),
    rejected: made.flatMap(({ reject }, row) => (reject ? [row + 1] : [])),
  };
}

describe("levels", () => {
  it("LORD++: the first ones by hand", () => {
    const g = (j: number): number =>
      (0.07720838 * Math.log(Math.max(j, 2))) / (j * Math.exp(Math.sqrt(Math.log(j))));
    const { levels } = decisions({ procedure: "lord", alpha: 0.2, w0: 0.05 }, [0.9, 0, 0, 0.9, 0.9]);
    const byHand = [
      0.05 * g(1),
      0.05 * g(2),
      0.05 * g(3) + 0.15 * g(1),
      0.05 * g(4) + 0.15 * g(2) + 0.2 * g(1),
      0.05 * g(5) + 0.15 * g(3) + 0.2 * g(2),
    ];
    levels.forEach((level, t) => {
      expect(level).toBeCloseTo(byHand[t]!, 15);
    });
    expect(levels[0]).toBeCloseTo(0.05 * 0.07720838 * Math.LN2, 15);
  });

  it("SAFFRON: the first ones by hand", () => {
    const zeta = 2.2857656656800214;
    const g = (j: number): number => j ** -1.6 / zeta;
    // Row 1 is no candidate, row 2 a candidate without discovery, rows 3 and 4 are discoveries, row 5 is no candidate.
    const p = [0.9, 0.4, 0, 0, 0.9, 0.9];
    const { levels, rejected } = decisions({ procedure: "saffron", alpha: 0.2, w0: 0.05 }, p);
    const byHand = [
      0.05 * g(1),
      0.05 * g(2),
      0.05 * g(2),
      0.05 * g(2) + 0.15 * g(1),
      0.05 * g(2) + 0.15 * g(1) + 0.2 * g(1),
      0.05 * g(3) + 0.15 * g(2) + 0.2 * g(2),
    ];
    levels.forEach((level, t) => {
      expect(level).toBeCloseTo(0.5 * byHand[t]!, 15);
    });
    expect(rejected).toEqual([3, 4]);
    // Never above lambda.
    const many = decisions({ procedure: "saffron", alpha: 0.9, lambda: 0.1 }, new Array(20).fill(0));
    expect(many.levels.at(-1)).toBe(0.1);
  });

  it("LORD++ agrees with R's onlineFDR 1.5.0 on its example", () => {
    const { levels, rejected } = decisions({ procedure: "lord", alpha: 0.05, w0: 0.005 }, example);
    const expected = [
      ...[0.0002675839, 0.0024664457, 0.0005732818, 0.0004872805, 0.0004059066, 0.0003447286, 0.0029745013],
      ...[0.0008450114, 0.0007305648, 0.0006243143, 0.0032185913, 0.0010617227, 0.0009256825, 0.0008019657],
      0.000705961,
    ];
    levels.forEach((level, t) => {
      expect(level).toBeCloseTo(expected[t]!, 9);
    });
    expect(rejected).toEqual([1, 6, 10]);
  });

  it("SAFFRON agrees with R's onlineFDR on its example", () => {
    const { levels, rejected } = decisions({ procedure: "saffron", alpha: 0.05 }, example);
    const expected = [
      ...[0.005468627, 0.010937254, 0.010937254, 0.010937254, 0.010937254, 0.021874508, 0.032811762],
      ...[
        0.010823845, 0.010823845, 0.010823845, 0.021761099, 0.009265591, 0.009265591, 0.020202846,
        0.009064367,
      ],
    ];
    levels.forEach((level, t) => {
      expect(level).toBeCloseTo(expected[t]!, 8);
    });
    expect(rejected).toEqual([1, 5, 6, 10, 13]);
  });
});

/** Mean false-discovery share with its standard error, and the mean share of anomalies found. */
function simulate(
  repeats: number,
  draw: (stream: RandomStream) => { p: ArrayLike<number>; odd: readonly boolean[] },
  options: OnlineFdrOptions,
): { fdr: number; error: number; power: number } {
  const random = createRandom(11).stream("online", options.procedure);
  let [sum, squares, found] = [0, 0, 0];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const { p, odd } = draw(random);
    const stream = onlineFdr(options);
    let [hits, misses] = [0, 0];
    for (let row = 0; row < p.length; row++) {
      if (!stream.next(p[row]!).reject) continue;
      if (odd[row]) hits++;
      else misses++;
    }
    const share = misses / Math.max(1, hits + misses);
    sum += share;
    squares += share * share;
    found += hits / odd.filter(Boolean).length;
  }
  const fdr = sum / repeats;
  return { fdr, error: Math.sqrt((squares / repeats - fdr * fdr) / repeats), power: found / repeats };
}

describe.each(procedures)("%s", (procedure) => {
  it("holds alpha on uniform nulls mixed with Beta alternatives, and finds most of these", () => {
    const draw = (stream: RandomStream): { p: number[]; odd: boolean[] } => {
      const odd = Array.from({ length: 400 }, () => stream.uniform() < 0.3);
      // u^20 has the distribution Beta(1 / 20, 1).
      return { p: odd.map((is) => (is ? stream.uniform() ** 20 : stream.uniform())), odd };
    };
    const { fdr, error, power } = simulate(500, draw, { procedure, alpha: 0.1 });
    expect(fdr).toBeLessThanOrEqual(0.1 + 2 * error);
    expect(fdr).toBeGreaterThan(0);
    expect(power).toBeGreaterThan(0.5);
  });

  it("holds alpha on conformal p-values of one large calibration set", () => {
    const draw = (stream: RandomStream): { p: ArrayLike<number>; odd: boolean[] } => {
      const calibration = Float64Array.from({ length: 10_000 }, () => stream.normal()).sort();
      const odd = Array.from({ length: 200 }, () => stream.uniform() < 0.2);
      const scores = odd.map((is) => stream.normal() + (is ? 4 : 0));
      return { p: pValues(calibration, scores), odd };
    };
    const { fdr, error, power } = simulate(200, draw, { procedure, alpha: 0.1 });
    expect(fdr).toBeLessThanOrEqual(0.1 + 2 * error);
    expect(power).toBeGreaterThan(0.2);
  });

  it("goes on from a saved state with the same decisions, in bounded memory", () => {
    const stream = createRandom(12).stream("state", procedure);
    const p = Array.from({ length: 600 }, () =>
      stream.uniform() < 0.5 ? stream.uniform() ** 15 : stream.uniform(),
    );
    const options = { procedure, alpha: 0.2, memory: 10 };
    const whole = onlineFdr(options);
    const first = onlineFdr(options);
    const all = p.map((value) => whole.next(value));
    const head = p.slice(0, 300).map((value) => first.next(value));
    const saved = JSON.parse(JSON.stringify(first.state)) as OnlineFdrState;
    const second = restoreOnlineFdr(saved);
    expect([...head, ...p.slice(300).map((value) => second.next(value))]).toEqual(all);
    expect(second.state).toEqual(whole.state);
    expect(whole.state).toMatchObject({ seen: 600, discoveries: all.filter(({ reject }) => reject).length });
    expect(whole.state.discoveries).toBeGreaterThan(50);
    expect(whole.state.discoveredAt.length).toBe(10);
    // Going on from it changed nothing in what was saved.
    expect(saved).toEqual(first.state);
  });

  it("never has a higher level for having forgotten", () => {
    const stream = createRandom(13).stream("memory", procedure);
    const p = Array.from({ length: 300 }, () => stream.uniform() ** 8);
    const long = onlineFdr({ procedure, alpha: 0.1 });
    const short = onlineFdr({ procedure, alpha: 0.1, memory: 3 });
    let lower = 0;
    for (const value of p) {
      const [more, less] = [long.next(value).level, short.next(value).level];
      expect(less).toBeLessThanOrEqual(more);
      if (less < more) lower++;
    }
    expect(lower).toBeGreaterThan(100);
  });

  it("says how much calibration a first discovery takes", () => {
    const options = { procedure, alpha: 0.1 } as const;
    for (const row of [1, 2, 50]) {
      const n = calibrationSizeForOnlineDiscovery(row, options);
      const discovers = (size: number): boolean => {
        const quiet = onlineFdr(options);
        for (let t = 1; t < row; t++) quiet.next(1);
        return quiet.next(1 / (size + 1)).reject;
      };
      expect([discovers(n), discovers(n - 1)], `row ${row}: ${n}`).toEqual([true, false]);
    }
  });

  it("refuses options, p-values and states that are none", () => {
    expect(() => onlineFdr({ procedure, alpha: 1 })).toThrow(/alpha is 1/);
    expect(() => onlineFdr({ procedure, alpha: 0.1, w0: 0.1 })).toThrow(/w0 is 0.1/);
    expect(() => onlineFdr({ procedure, alpha: 0.1, lambda: 0 })).toThrow(/lambda is 0/);
    expect(() => onlineFdr({ procedure, alpha: 0.1, memory: 0 })).toThrow(/memory is 0/);
    expect(() => onlineFdr({ procedure: "bh" as "lord", alpha: 0.1 })).toThrow(/procedure is "bh"/);
    const stream = onlineFdr({ procedure, alpha: 0.1 });
    stream.next(0.5);
    expect(() => stream.next(Number.NaN)).toThrow(/p-value 1 is NaN/);
    expect(stream.state.seen).toBe(1);
    for (const wrong of [{ clock: 9 }, { discoveries: 1 }, { discoveredAt: [1] }, { seen: -1 }]) {
      expect(() => restoreOnlineFdr({ ...stream.state, ...wrong }), JSON.stringify(wrong)).toThrow(
        /not one that was/,
      );
    }
    expect(() => calibrationSizeForOnlineDiscovery(0, { procedure, alpha: 0.1 })).toThrow(/m is 0/);
  });
});

import { describe, expect, it } from "vitest";
import { murmur128 } from "./murmur.js";
import { normalQuantile, portableLog } from "./normal.js";
import { createRandom } from "./random.js";

const hex = (words: number[]): string => words.map((w) => w.toString(16).padStart(8, "0")).join("");

describe("murmur128", () => {
  it("agrees with published vectors of MurmurHash3_x86_128", () => {
    expect(hex(murmur128("I will not buy this record, it is scratched."))).toBe(
      "a0a9683b25ac5e40d9af2895890dddf5",
    );
    expect(hex(murmur128("The quick brown fox jumps over the lazy dog"))).toBe(
      "2f1583c3ecee2c675d7bf66ce5e91d2c",
    );
    expect(hex(murmur128(""))).toBe("0".repeat(32));
  });
});

describe("portableLog and normalQuantile", () => {
  it("agree with the engine's log to the last bits", () => {
    const stream = createRandom(1).stream("log");
    let worst = 0;
    for (let i = 0; i < 20000; i++) {
      const x = stream.uniform() * 10 ** (stream.int(40) - 20) + 1e-30;
      worst = Math.max(worst, Math.abs(portableLog(x) / Math.log(x) - 1));
    }
    expect(worst).toBeLessThanOrEqual(2 * Number.EPSILON);
  });

  it("agree with scipy.stats.norm.ppf", () => {
    // scipy 1.x: norm.ppf([...])
    const cases: [number, number][] = [
      [0.975, 1.959963984540054],
      [0.5, 0],
      [0.001, -3.090232306167813],
      [1e-10, -6.361340902404056],
      [1e-16, -8.222082216130435],
      [0.9999, 3.719016485455709],
    ];
    for (const [p, z] of cases) expect(normalQuantile(p)).toBeCloseTo(z, 12);
    expect(normalQuantile(0)).toBe(-Infinity);
    expect(normalQuantile(1)).toBe(Infinity);
    expect(normalQuantile(1.5)).toBeNaN();
  });
});

describe("createRandom", () => {
  it("names streams unambiguously and independently of what was drawn elsewhere", () => {
    const random = createRandom("seed");
    const first = (...names: (string | number)[]): number => random.stream(...names).uniform();
    const values = [
      first("ab", "c"),
      first("a", "bc"),
      first("abc"),
      first(),
      first("a", "b", "c"),
      first("a", "b:c"),
    ];
    expect(new Set(values).size).toBe(values.length);
    random.stream("x").permutation(1000);
    expect(first("ab", "c")).toBe(values[0]);
    expect(createRandom(7).stream("a", 1).uniform()).toBe(createRandom("7").stream("a", "1").uniform());
    expect(createRandom(7).stream().uniform()).not.toBe(createRandom(8).stream().uniform());
  });

  it("pins its bits, so that a seed in a model card stays true across releases", () => {
    const stream = createRandom(42).stream("pinned");
    expect([
      stream.uniform(),
      stream.normal(),
      stream.int(1000),
      [...stream.permutation(6)],
    ]).toMatchInlineSnapshot(`
      [
        0.8945931396657435,
        -0.004884835233402981,
        829,
        [
          0,
          4,
          2,
          1,
          3,
          5,
        ],
      ]
    `);
  });

  it("refuses seeds, names and bounds that mean nothing", () => {
    expect(() => createRandom(Number.NaN)).toThrow(/seed NaN/);
    expect(() => createRandom(1).stream(Infinity)).toThrow(/Infinity/);
    const stream = createRandom(1).stream();
    for (const n of [0, -1, 1.5, Number.NaN, 2 ** 53]) expect(() => stream.int(n)).toThrow(/bound/);
    expect(() => stream.permutation(-1)).toThrow(/permutation/);
    expect(() => stream.sample(3, 4)).toThrow(/sample/);
  });

  it("draws uniforms and normals with the right moments", () => {
    const stream = createRandom(3).stream("moments");
    const n = 200_000;
    const sums = { u: 0, u2: 0, z: 0, z2: 0, z4: 0, lag: 0 };
    let last = 0;
    let inRange = true;
    for (let i = 0; i < n; i++) {
      const u = stream.uniform();
      inRange &&= u >= 0 && u < 1;
      const z = stream.normal();
      sums.u += u;
      sums.u2 += u * u;
      sums.z += z;
      sums.z2 += z * z;
      sums.z4 += z ** 4;
      sums.lag += z * last;
      last = z;
    }
    expect(inRange).toBe(true);
    // Five standard errors each.
    expect(Math.abs(sums.u / n - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(sums.u2 / n - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n));
    expect(Math.abs(sums.z / n)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(sums.z2 / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(sums.z4 / n - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    expect(Math.abs(sums.lag / n)).toBeLessThan(5 / Math.sqrt(n));
  });

  it("draws integers without bias, small and beyond 32 bits", () => {
    const stream = createRandom(4).stream("int");
    for (const n of [2, 3, 7, 10]) {
      const counts = new Array<number>(n).fill(0);
      const draws = 30_000;
      for (let i = 0; i < draws; i++) counts[stream.int(n)]! += 1;
      const chi2 = counts.reduce((sum, c) => sum + (c - draws / n) ** 2 / (draws / n), 0);
      expect(chi2).toBeLessThan(n - 1 + 6 * Math.sqrt(2 * (n - 1)) + 6);
    }
    expect(stream.int(1)).toBe(0);
    for (const n of [2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1]) {
      let sum = 0;
      for (let i = 0; i < 4000; i++) {
        const draw = stream.int(n);
        expect(Number.isSafeInteger(draw) && draw < n).toBe(true);
        sum += draw / n;
      }
      expect(Math.abs(sum / 4000 - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 4000));
    }
  });

  it("permutes: every order of three is equally likely, every index appears once", () => {
    const stream = createRandom(5).stream("perm");
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const key = stream.permutation(3).join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const c of counts.values()) expect(Math.abs(c - 2000)).toBeLessThan(5 * Math.sqrt(2000));
    expect([...stream.permutation(5000)].sort((a, b) => a - b).every((v, i) => v === i)).toBe(true);
    expect(stream.permutation(0).length).toBe(0);
  });

  it("samples without replacement, uniformly", () => {
    const stream = createRandom(6).stream("sample");
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const chosen = stream.sample(10, 3);
      expect(new Set(chosen).size).toBe(3);
      for (const c of chosen) counts[c]! += 1;
    }
    for (const c of counts) expect(Math.abs(c - 3000)).toBeLessThan(5 * Math.sqrt(2100));
    expect([...stream.sample(4, 4)].sort()).toEqual([0, 1, 2, 3]);
    expect(stream.sample(2 ** 31, 2).length).toBe(2);
  });

  it("fills float32 arrays within range", () => {
    const stream = createRandom(8).stream("fill");
    const values = new Float32Array(100_000);
    stream.fillUniform(values);
    expect(values.every((v) => v >= 0 && v < 1)).toBe(true);
    stream.fillUniform(values, -2, 3);
    expect(values.every((v) => v >= -2 && v <= 3)).toBe(true);
    stream.fillNormal(values, 10, 2);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    expect(Math.abs(mean - 10)).toBeLessThan((5 * 2) / Math.sqrt(values.length));
  });
});

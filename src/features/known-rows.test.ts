import { describe, expect, it } from "vitest";
import { createRandom } from "../math/random.js";
import { findKnownRows, sketchRows } from "./known-rows.js";

const stream = createRandom(4).stream("digests");
const digests = (count: number, values = 2 ** 32): Uint32Array =>
  Uint32Array.from({ length: count }, () => Math.imul(stream.int(values), 0x9e3779b1) >>> 0);
const joined = (...parts: Uint32Array[]): Uint32Array => Uint32Array.from(parts.flatMap((part) => [...part]));

describe("rows that a model knows", () => {
  it.each([500, 2048, 20_000])("of %i: are all found, and none among new ones", (rows) => {
    const known = digests(rows);
    const sketch = JSON.parse(JSON.stringify(sketchRows(known)));
    expect(findKnownRows(sketch, known)).toEqual({ count: rows, fresh: new Uint32Array(0) });
    const others = digests(3000);
    expect(findKnownRows(sketch, others)).toEqual({ count: 0, fresh: Uint32Array.from(others.keys()) });
  });

  it("are told from the new rows beside them", () => {
    const known = digests(1000);
    const found = findKnownRows(sketchRows(known), joined(known.subarray(0, 300), digests(200)));
    expect(found.count).toBe(300);
    expect(Array.from(found.fresh)).toEqual(Array.from({ length: 200 }, (_, k) => 300 + k));
  });

  it("are estimated from a sample where they are many; rows that the sample cannot tell are not called new", () => {
    const known = digests(50_000);
    const found = findKnownRows(sketchRows(known), joined(known.subarray(0, 30_000), digests(10_000)));
    expect(found.count / 30_000).toBeGreaterThan(0.9);
    expect(found.count / 30_000).toBeLessThan(1.1);
    expect(found.fresh.length).toBeGreaterThan(200);
    expect(found.fresh.every((row) => row >= 30_000)).toBe(true);
  });

  it("are not seen in chance matches of rows with few values, and are seen beyond them", () => {
    const known = digests(1000, 3000);
    const sketch = sketchRows(known);
    expect(sketch.repeated).toBeGreaterThan(0.1);
    expect(findKnownRows(sketch, digests(1000, 3000)).count).toBe(0);
    const found = findKnownRows(sketch, known);
    expect(found.count).toBe(1000);
    expect(found.fresh).toHaveLength(0);
  });
});

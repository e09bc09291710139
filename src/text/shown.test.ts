import { describe, expect, it } from "vitest";
import { HypersphereError } from "../errors.js";
import { shown } from "./shown.js";

describe("values in messages", () => {
  it("are JSON where they are short", () => {
    expect([shown("a\nb"), shown(3), shown([1, "x"]), shown(undefined), shown(12n)]).toEqual([
      '"a\\nb"',
      "3",
      '[1,"x"]',
      "undefined",
      "12",
    ]);
  });

  it("are cut where they are long", () => {
    expect(shown("x".repeat(20_000_000))).toBe(`"${"x".repeat(60)}"... (20,000,000 characters)`);
    expect(shown(Array(1e5).fill(7))).toHaveLength(60);
  });

  it("are printable, and numbers that JSON does not know are named", () => {
    expect(shown("a\u001b[31mb\u202e")).toBe('"a\\u001b[31mb\\u{202e}"');
    expect(shown(Number.POSITIVE_INFINITY)).toBe("Infinity");
  });

  it("do not fail on what JSON cannot write", () => {
    let deep: unknown = [];
    for (let k = 0; k < 100_000; k++) deep = [deep];
    expect(shown(deep)).toBe("[object Array]");
  });

  it("make no message longer than a page, whoever forgets to cut them", () => {
    const { message, hint } = new HypersphereError("internal", `It is ${"x".repeat(1e6)}, expected y.`, {
      hint: "z".repeat(1e6),
    });
    expect(message.length).toBeLessThan(2100);
    expect(message).toMatch(/^It is x.*, expected y\.$/);
    expect(hint!.length).toBeLessThan(2100);
  });
});

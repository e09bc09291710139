import { describe, expect, it } from "vitest";
import { nameFinder, nameKey, spelledAs } from "./name-key.js";

const composed = "d\u00e9bit";
const decomposed = "de\u0301bit";

describe("names that look the same", () => {
  it.each([
    decomposed,
    ` ${composed}\u00a0`,
    `\ufeff${decomposed}`,
    `\u200bd\u00e9\u00adbit`,
    `${composed}\u2060`,
  ])("are one: %j", (name) => {
    expect(nameKey(name)).toBe(nameKey(composed));
    expect(nameFinder([composed])(name)).toBe(composed);
    expect(nameFinder([name])(composed)).toBe(name);
  });

  it.each(["debit", "D\u00e9bit", "d\u00e9bits", "d\u00e9 bit"])("are not %j and another", (name) => {
    expect(nameFinder([composed])(name)).toBe(name);
  });

  it("stay apart where both are wanted or both are there", () => {
    expect(nameFinder([composed, decomposed])("\u200bd\u00e9bit")).toBe("\u200bd\u00e9bit");
    expect(spelledAs([decomposed, composed, "load\u00a0rate"], [composed, "load rate"])).toEqual([
      decomposed,
      composed,
      "load rate",
    ]);
    expect(spelledAs([decomposed, `${composed}\u200b`], [composed])).toEqual([
      decomposed,
      `${composed}\u200b`,
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { categoryKeys, levelFinder } from "./category-keys.js";

describe("spellings of a category", () => {
  it("of a code include the scientific one where all levels are numbers", () => {
    const find = levelFinder(["1", "2", "10", ""]);
    expect(["1e0", "1.0E+00", "+1", "2e0", "1e1", "3e0"].map(find)).toEqual([
      "1",
      "1",
      "1",
      "2",
      "10",
      "3e0",
    ]);
    const names = levelFinder(["1", "10", "A7"]);
    expect(["1e0", "1E1", "1.0"].map(names)).toEqual(["1e0", "1E1", "1"]);
    const key = categoryKeys(["10", "1E1", "2"]);
    expect(key("1E1")).toBe(key("10"));
    expect(categoryKeys(["12E1", "120"])("12E1")).toBe("12E1");
  });

  it("of a truth value are words and bits, whichever of them training had", () => {
    const spellings = ["1", "1.0", "true", "True", "TRUE"];
    for (const one of spellings) {
      const find = levelFinder([one, spellings.indexOf(one) < 2 ? "0.0" : "False", ""]);
      expect(spellings.map(find)).toEqual(spellings.map(() => one));
    }
    expect(["true", "1.0"].map(levelFinder(["1", "0", "2"]))).toEqual(["true", "1"]);
    expect(["1", "true"].map(levelFinder(["yes", "no"]))).toEqual(["1", "true"]);
  });

  it("do not differ by characters that no one sees, but for joiners, which some scripts need", () => {
    const find = levelFinder(["mild", "می\u200cخواهم"]);
    expect(find("mi\u00adld\u200b")).toBe("mild");
    expect(levelFinder(["on hold"])("on\u00a0hold")).toBe("on hold");
    expect(find("می\u200cخواهم\ufeff")).toBe("می\u200cخواهم");
    expect(levelFinder(["", "a"])(" ")).toBe(" ");
    expect(find("میخواهم")).toBe("میخواهم");
  });
});

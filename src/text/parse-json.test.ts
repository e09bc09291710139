import { describe, expect, it } from "vitest";
import { parseJson } from "./parse-json.js";

const nested = (depth: number): string => `${'{"a":['.repeat(depth / 2)}1${"]}".repeat(depth / 2)}`;

describe("JSON that somebody else wrote", () => {
  it("is what JSON.parse says", () => {
    const text = '{"a":[1,{"b":null}],"c":"x"}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
    expect(parseJson(nested(200))).toEqual(JSON.parse(nested(200)));
  });

  it("is refused where it is nested too deep to be walked", () => {
    expect(() => parseJson(nested(202))).toThrow("it is nested more than 200 deep");
    expect(() => parseJson(nested(50_000))).toThrow(SyntaxError);
    expect(() => parseJson("[".repeat(500_000))).toThrow(SyntaxError);
  });
});

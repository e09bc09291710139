import { expect, test } from "vitest";
import { parseExactJson } from "./exact-json.js";

test("whole numbers beyond 2^53 are texts, wherever they stand, and nothing else changes", () => {
  const json =
    '[{"a":9007199254740993,"b":[12345678901234567,1],"c":"x:9007199254740993,\\" 9007199254740993,"},-9007199254740993 ]';
  expect(parseExactJson(json)).toEqual([
    { a: "9007199254740993", b: ["12345678901234567", 1], c: 'x:9007199254740993," 9007199254740993,' },
    "-9007199254740993",
  ]);
  const exact =
    '{"a":9007199254740991,"b":1e20,"c":9007199254740993.5,"d":[1234567890123456],"e":"12345678901234567"}';
  expect(parseExactJson(exact)).toEqual(JSON.parse(exact));
  for (const broken of ["", "{", "[0009007199254740993]", '{"a":9007199254740993x}'])
    expect(() => parseExactJson(broken)).toThrow(SyntaxError);
});

test("a text of millions of characters beside such a number is read", () => {
  const long = "a".repeat(5_000_000);
  expect(parseExactJson(`["${long}",9007199254740993]`)).toEqual([long, "9007199254740993"]);
});

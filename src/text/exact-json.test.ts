import { expect, test } from "vitest";
import { parseExactJson, repeatedKey } from "./exact-json.js";

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

test("a key that an object has twice is found, and nothing else taken for one", () => {
  const found = (json: string) => repeatedKey(json, Object.keys(JSON.parse(json)).length);
  expect(found('{"a":1,"b":2,"a":3}')).toBe("a");
  expect(found('{"__proto__":1,"__proto__" :2}')).toBe("__proto__");
  expect(found('{"a":1,"\\u0061":2}')).toBe("a");
  expect(repeatedKey('[{"a":[{"b":1},{"c":{"d":1,"e":[],"d":2}}]}]')).toBe("d");
  for (const once of [
    "{}",
    '{"a":"x\\":1,\\"a\\":"}',
    '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
    '{"a":"b","b":"12:00"}',
  ])
    expect(found(once)).toBeUndefined();
});

/** Rows in a list and rows under a key are read the same, and refused for the same. */
import { expect, test } from "vitest";
import { listOfRows, parseRows } from "../src/http/parse-json.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What is read of a text, or that it is refused. */
function outcome(text: string): unknown {
  try {
    return JSON.stringify(parseRows(bytes(text)));
  } catch (error) {
    expect((error as Error).message).toMatch(/has the key ".+" more than once in an object\.$/);
    return "refused";
  }
}

const ROWS: readonly (readonly [string, "once" | "twice"])[] = [
  ['{"flow":1,"load":2}', "once"],
  ['{"flow":1,"flow":1}', "twice"],
  ['{"fl\\u006fw":1,"flow":"a:b\\"{"}', "twice"],
  ['{"flow":1,"mode":"{\\"flow\\":1,\\"flow\\":2}"}', "once"],
  ['{"flow":{"flow":1},"list":[{"a":1},{"a":2}]}', "once"],
  ['{"flow":{"a":1,"a":2}}', "twice"],
  ['{"list":[[{"a":1,"a":2}]]}', "twice"],
  ['{"__proto__":1,"toString":2}', "once"],
  ['{"__proto__":1,"__proto__":2}', "twice"],
  ['{"__proto__":{"rows":[]}}', "once"],
  ['{"rows":[1],"id":9007199254740993}', "once"],
  ['{"1":0,"0":1}', "once"],
  ["{}", "once"],
  ["[]", "once"],
  ['[{"a":1,"a":2}]', "twice"],
  ["null", "once"],
  ["1.50", "once"],
  ['"a:{b"', "once"],
];

test("rows are read the same in a list and under a key, whatever stands beside them", () => {
  for (const [first, ofFirst] of ROWS) {
    for (const [second, ofSecond] of [...ROWS, [undefined, "once"] as const]) {
      const list = second === undefined ? `[${first}]` : `[ ${first},\n${second}]`;
      const read = outcome(list);
      expect(read === "refused", list).toBe(ofFirst === "twice" || ofSecond === "twice");
      const under = outcome(`{ "rows" : ${list} }`);
      expect(under, list).toBe(read === "refused" ? read : `{"rows":${read}}`);
    }
  }
});

test("a body of rows has no key beside them, and a key that stands twice around them is refused", () => {
  const rowsIn = (text: string) => listOfRows(parseRows(bytes(text)));
  expect(rowsIn('{"rows":[{"flow":1}]}')).toEqual([{ flow: 1 }]);
  for (const none of [
    '{"rows":[],"more":[]}',
    '{"rows":{}}',
    '{"Rows":[]}',
    '{"__proto__":{"rows":[]}}',
    "1",
  ])
    expect(rowsIn(none), none).toBeUndefined();
  for (const twice of ['{"rows":[{"a":1}],"rows":[]}', '{"rows":[],"\\u0072ows":[[]]}'])
    expect(outcome(twice), twice).toBe("refused");
});

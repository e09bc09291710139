import { expect, test } from "vitest";
import { fieldOf, isRow, noRow, streamRow } from "./stream-row.js";

test("ids beyond 2^53 stay apart, and what is no row stays the text it is", () => {
  expect(streamRow('{"machine":9007199254740993,"flow":1}')).toEqual({
    machine: "9007199254740993",
    flow: 1,
  });
  expect(streamRow('{"machine":9007199254740992,"flow":1}')).not.toEqual(
    streamRow('{"machine":9007199254740993,"flow":1}'),
  );
  for (const line of ['{"flow":', "[1, 2]", "7", "null"]) expect(streamRow(line)).toBe(line);
});

test("a line that cannot be read is refused with its place, and has no columns", () => {
  const place = { source: "<stdin>", line: 7 };
  const [bytes, text] = [streamRow(undefined, place), streamRow("{broken", place)];
  expect(noRow(bytes)).toMatchObject({ code: "unfit-data", message: "<stdin>: line 7 is not valid UTF-8." });
  expect(noRow(text)).toMatchObject({
    ...{
      code: "unfit-data",
      message: expect.stringMatching(/^<stdin>: line 7 is "\{broken": it is not JSON \(/),
    },
    hint: expect.stringContaining("JSON lines"),
  });
  expect(noRow(streamRow(undefined)).message).toBe("A row is not valid UTF-8.");
  for (const name of ["message", "error", "hint", "code"]) expect(fieldOf(text, name)).toBeUndefined();
  expect([bytes, text, [1], null, "text", {}].map(isRow)).toEqual([...Array(5).fill(false), true]);
});

test("what is no row is refused with the reason, as a file's line is", () => {
  expect(noRow('{"flow":NaN}')).toMatchObject({
    ...{ code: "unfit-data", message: expect.stringMatching(/^A row is .*: it is not JSON \(/) },
    hint: expect.stringContaining("write null"),
  });
  expect(noRow('{"flow":1,"flow":2}').message).toMatch(/: it has the key "flow" (twice|more than once)/);
  expect(noRow("[1]").message).toMatch(/: it is a list, not an object\.$/);
  for (const given of [7, null, '{"flow":1}']) expect(noRow(given).message).toMatch(/expected a record/);
});

test("a field is found by its name, or by the only one that looks the same", () => {
  const [written, typed] = ["dr\u00fcben", "dru\u0308ben"];
  expect(fieldOf({ [typed]: 1, other: 2 }, written)).toBe(1);
  expect(fieldOf({ [typed]: 1, [written]: 3 }, written)).toBe(3);
  expect(fieldOf({ [typed]: 1, [`${written}\u200b`]: 4 }, written)).toBeUndefined();
  expect(fieldOf({ Drueben: 1 }, written)).toBeUndefined();
  expect(fieldOf({}, "constructor")).toBeUndefined();
  for (const row of [null, "text", 7]) expect(fieldOf(row, written)).toBeUndefined();
});

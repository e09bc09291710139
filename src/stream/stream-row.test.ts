import { expect, test } from "vitest";
import { streamRow } from "./stream-row.js";

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

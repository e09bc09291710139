import { expect, test } from "vitest";
import { readingSchema } from "../src/jobs/request.js";

test("kinds of columns are kept whatever the columns are called, and checked", () => {
  const given: unknown = JSON.parse(
    '{"columnTypes":{"__proto__":"categorical","constructor":"numeric","a":"numeric"}}',
  );
  expect(JSON.stringify(readingSchema.parse(given))).toBe(JSON.stringify(given));
  for (const wrong of ['{"__proto__":"text"}', '{"a":1}', '{"":"numeric"}', "[]", "null", '"numeric"']) {
    expect(readingSchema.safeParse(JSON.parse(`{"columnTypes":${wrong}}`)).success, wrong).toBe(false);
  }
});

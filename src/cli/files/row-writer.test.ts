import { expect, it } from "vitest";
import { distinctNames } from "./row-writer.js";

it("keeps names of ours, and renames those of the data that are the same", () => {
  expect(distinctNames(["machine", "time", "score"])).toEqual(["machine", "time", "score"]);
  expect(distinctNames(["score", "score", "p_value"])).toEqual(["data_score", "score", "p_value"]);
  expect(distinctNames(["from", "to", "from", "to"])).toEqual(["data_from", "data_to", "from", "to"]);
  expect(distinctNames(["data_from", "from", "from"])).toEqual(["data_data_from", "data_from", "from"]);
  expect(distinctNames(["__proto__", "score"])).toEqual(["__proto__", "score"]);
});

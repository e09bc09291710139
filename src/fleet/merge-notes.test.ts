import { expect, it } from "vitest";
import { mergeNotes } from "./merge-notes.js";

it("a column is without a value where no entity has one", () => {
  const none = { extra: [], missing: {}, unseen: {}, outOfRange: {}, changed: {} };
  const press = { ...none, missing: { flow: 3, load: 3 }, empty: ["flow", "load"] };
  const saw = { ...none, missing: { flow: 2 }, empty: ["flow"] };
  expect(mergeNotes([press, saw])).toEqual({ ...none, missing: { flow: 5, load: 3 }, empty: ["flow"] });
  expect(mergeNotes([press, none])).not.toHaveProperty("empty");
});

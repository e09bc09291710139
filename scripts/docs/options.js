import { detectors } from "../../dist/detectors/registry.js";
import { optionTable as tableOf } from "../lib/option-table.js";

/** One row per option of a detector, in the order of its schema. */
export function optionTable(name) {
  const entry = detectors[name];
  if (entry === undefined) throw new Error(`There is no detector "${name}".`);
  return tableOf(entry.options);
}

import { HypersphereError } from "../errors.js";
import type { Labels } from "./labels.js";

export interface OneClass {
  /** Rows of the normal class, in their order: what training learns from. */
  readonly normalRows: Uint32Array<ArrayBuffer>;
  /** 0 for the normal class, 1 for all others. */
  readonly labels: Labels;
}

/**
 * The usual experiment on data sets with classes: one class is normal, the others are anomalies.
 * @param classes a class number per row
 * @throws HypersphereError `unfit-data` naming the classes, when no row is of class `normal`
 */
export function oneClass(classes: ArrayLike<number>, normal: number): OneClass {
  const labels = Int8Array.from(classes, (value) => (value === normal ? 0 : 1));
  const normalRows = Uint32Array.from(labels.keys()).filter((row) => labels[row] === 0);
  if (normalRows.length === 0) {
    const found = [...new Set(Array.from(classes))].sort((a, b) => a - b);
    const shown = found.slice(0, 20).join(", ") + (found.length > 20 ? ", ..." : "");
    throw new HypersphereError(
      "unfit-data",
      `No row is of class ${normal}; the classes are ${shown || "none"}.`,
    );
  }
  return { normalRows, labels };
}

import { type FeatureMatrix, rowStart } from "../../features/index.js";

/** The rows of all parts, those that overlap without copies of what they share. */
export function joined(columns: number, parts: readonly (FeatureMatrix | undefined)[]): FeatureMatrix {
  const given = parts.filter((part) => part !== undefined && part.rows > 0) as FeatureMatrix[];
  if (given.length === 1) return given[0]!;
  const rows = given.reduce((sum, part) => sum + part.rows, 0);
  const data = new Float32Array(given.reduce((sum, part) => sum + part.data.length, 0));
  const starts = new Uint32Array(rows);
  let [row, offset] = [0, 0];
  for (const part of given) {
    data.set(part.data, offset);
    for (let k = 0; k < part.rows; k++) starts[row + k] = offset + rowStart(part, k);
    row += part.rows;
    offset += part.data.length;
  }
  return { rows, columns, data, ...(given.some((part) => part.starts !== undefined) && { starts }) };
}

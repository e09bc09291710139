import type { Dataset } from "../data/index.js";
import { columnSchema, type InputSchema, kindOf } from "../features/index.js";

/** Values beyond the range of the training rows by this share of it stand out; less is noise. */
const BEYOND = 0.1;
const MOST_NAMED = 5;

/**
 * The numeric columns that left the range of the training rows between two steps, the furthest (in ranges) first. It says
 * where values are unusual by themselves, whatever the detector: of a stretch with usual values in an unusual order there are
 * none.
 */
export function sensorsOutside(data: Dataset, schema: InputSchema, from: number, to: number): string[] {
  const columns = new Map(
    kindOf(data)
      .columns(data)
      .map((column) => [column.name, column]),
  );
  const found: { readonly name: string; readonly beyond: number }[] = [];
  for (const { name, min, max } of columnSchema(schema)?.numeric ?? []) {
    const column = columns.get(name);
    if (column?.kind !== "numeric" || !(max > min)) continue;
    let beyond = 0;
    for (let step = from; step <= to; step++) {
      const value = column.values[step]!;
      beyond = Math.max(beyond, Number.isNaN(value) ? 0 : Math.max(min - value, value - max));
    }
    if (beyond > BEYOND * (max - min)) found.push({ name, beyond: beyond / (max - min) });
  }
  return found
    .sort((a, b) => b.beyond - a.beyond)
    .slice(0, MOST_NAMED)
    .map(({ name }) => name);
}

import type { Dataset } from "../data/index.js";
import { columnSchema, type InputSchema, kindOf } from "../features/index.js";

/** Values beyond the range of the training rows by this share of it stand out; less is noise. */
const BEYOND = 0.1;
const MOST_NAMED = 5;

/**
 * Which columns left the values of the training rows between two steps: numbers their range, the furthest (in ranges) first; before
 * them columns that had one value in training, and have another. It says where values are unusual by themselves, whatever the
 * detector: of a stretch with usual values in an unusual order there are none.
 */
export function sensorsOutside(data: Dataset, schema: InputSchema): (from: number, to: number) => string[] {
  const values = kindOf(data).timeSteps?.values(data, schema);
  if (values === undefined) return () => [];
  const constants = values.constantColumns();
  const varied = (columnSchema(schema)?.numeric ?? [])
    .map(({ name, min, max }, k) => ({ name, min, max, column: values.numericColumn(k) }))
    .filter(({ min, max }) => max > min);
  return (from, to) => {
    const changed = constants.filter(({ differs }) => {
      for (let step = from; step <= to; step++) if (differs(step)) return true;
      return false;
    });
    const found: { readonly name: string; readonly beyond: number }[] = [];
    for (const { name, min, max, column } of varied) {
      let beyond = 0;
      for (let step = from; step <= to; step++) {
        const value = column[step]!;
        beyond = Math.max(beyond, Number.isNaN(value) ? 0 : Math.max(min - value, value - max));
      }
      if (beyond > BEYOND * (max - min)) found.push({ name, beyond: beyond / (max - min) });
    }
    return [...changed, ...found.sort((a, b) => b.beyond - a.beyond)]
      .slice(0, MOST_NAMED)
      .map(({ name }) => name);
  };
}

import type { OtherOperatingPoint } from "../../incidents/index.js";
import { count, percent } from "../../text/format.js";
import { shown } from "../../text/shown.js";

const COLUMNS_SHOWN = 4;

/** What it means, where it shows, and what to do. */
export function describeOperatingPoint(
  { steps, above, columns }: OtherOperatingPoint,
  source: string,
): string {
  const named = columns
    .slice(0, COLUMNS_SHOWN)
    .map(({ name, outside }) => `${shown(name)} in ${percent(outside)} of the steps`);
  const where = named.length === 0 ? "" : ` Outside the range of training: ${named.join(", ")}.`;
  return (
    `${source} is of another operating point than the training data: ${count(above)} of ${count(steps)} time steps ` +
    `(${percent(above / steps)}) score above every normal window that was held out.${where} What is flagged says little. ` +
    "`hypersphere adapt` moves the model there by normal rows of it: four windows and 40 rows for a promise of 5 % false alarms, " +
    "four windows and 200 rows for 1 %. Where there are many such rows, train a model on them."
  );
}

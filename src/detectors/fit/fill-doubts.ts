/** Numbers that programs write where they have no value. */
import type { Dataset, NumericColumn } from "../../data/index.js";
import { kindOf } from "../../features/index.js";
import { counted, figure } from "../../text/format.js";
import { shown } from "../../text/shown.js";

/**
 * Sentences about columns that are learned from in which a number seems to mean that there is no value: it is one that is used so,
 * comes again, and lies farther from all others than those lie from each other.
 */
export function fillDoubts(data: Dataset, named: ReadonlySet<string>): string[] {
  return kindOf(data)
    .columns(data)
    .flatMap((column) => (column.kind === "categorical" || named.has(column.name) ? [] : doubtsOf(column)));
}

function doubtsOf({ name, values }: NumericColumn): string[] {
  const all = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, lows: 0, highs: 0 };
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (value < all.low) [all.low, all.lows] = [value, 1];
    else if (value === all.low) all.lows++;
    if (value > all.high) [all.high, all.highs] = [value, 1];
    else if (value === all.high) all.highs++;
  }
  const [lowFills, highFills] = [all.lows > 1 && isFill(all.low), all.highs > 1 && isFill(all.high)];
  if (!lowFills && !highFills) return [];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if ((lowFills && value === all.low) || (highFills && value === all.high)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const spread = high - low;
  if (!(spread > 0)) return [];
  const say = (value: number, count: number): string =>
    `Column ${shown(name)}: ${counted(count, "cell")} are ${value}, far from all others (${figure(low)} to ${figure(high)}). ` +
    'If that means a missing value, name it with option "missing"; as a number it makes all between look normal.';
  return [
    ...(lowFills && low - all.low >= spread ? [say(all.low, all.lows)] : []),
    ...(highFills && all.high - high >= spread ? [say(all.high, all.highs)] : []),
  ];
}

/** Nines, the ends of integers of 16 and 32 bits, -999.25 of well logs, and what no measurement reaches, as netCDF's 9.97e36. */
function isFill(value: number): boolean {
  const size = Math.abs(value);
  return (
    size >= 1e19 ||
    /^(?:99+(?:\.9+)?|999\.25|32767|32768|65535|2147483647|2147483648|4294967295)$/.test(String(size))
  );
}

import type { DecodedPage } from "./chunk-pages.js";
import { damaged } from "./damage.js";
import type { ParquetChunk, ParquetColumn } from "./footer.js";

/**
 * Refuses pages with values outside of the range that the footer states for their chunk: damage that leaves all counts and
 * sizes as they were shows here. The stated number of missing values is no such witness, for Polars counts them
 * several times.
 */
export function rangeCheck(
  { meta: { statistics = {} } }: ParquetChunk,
  { ranged, element }: ParquetColumn,
): (page: DecodedPage) => void {
  // The decoder rounds decimals of the footer twice, and those of pages are rounded once.
  const slack = element.converted_type === "DECIMAL" ? 1e-15 : 0;
  const [least, most] = [bound(statistics.min_value, -slack), bound(statistics.max_value, slack)];
  if (!ranged || least === undefined || most === undefined) return () => {};
  return ({ values }) => {
    for (let k = 0; k < values.length; k++) {
      const value = values[k] as number | bigint;
      if (value < least || value > most) {
        damaged(`it holds ${value}, but its values are said to lie between ${least} and ${most}`);
      }
    }
  };
}

/** Seconds from 1970 to the end of the year 9999. */
const LATEST = Date.UTC(10_000, 0) / 1000;

/**
 * Refuses pages whose times, as seconds since 1970, all lie after the year 9999: nanoseconds that are called microseconds. A single
 * one may stand for "never".
 */
export function timeCheck({ element }: ParquetColumn): (page: DecodedPage) => void {
  const isTime =
    element.logical_type?.type === "TIMESTAMP" || element.converted_type?.startsWith("TIMESTAMP") === true;
  if (!isTime) return () => {};
  return ({ values }) => {
    if (values.length === 0) return;
    for (let k = 0; k < values.length; k++) if (!((values[k] as number) >= LATEST)) return;
    damaged("its times all lie after the year 9999, as those of a finer unit than the file says do");
  };
}

function bound(value: unknown, slack: number): number | bigint | undefined {
  if (typeof value === "bigint") return value;
  return typeof value === "number" && !Number.isNaN(value) ? value + slack * Math.abs(value) : undefined;
}

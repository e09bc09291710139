import type { Column } from "../../data/table/table.js";
import { MissingTokens } from "../../text/missing-tokens.js";
import { ColumnChoice } from "./column-choice.js";
import type { ParquetDecoder } from "./parquet/job.js";
import { readParquet } from "./parquet-read.js";

/**
 * Reads a Parquet file in the calling thread. Between pages it hears its signal; nothing ends it within one.
 * @throws HypersphereError `unreadable-data` for a damaged file, `unfit-data` for nested columns, for columns that are not
 * there and beyond the limits of sizes, `aborted`
 */
export const decodeParquet: ParquetDecoder = async (data, job, control) => {
  const { source, missing, missingAmongNumbers, verbatim, columnTypes, decimal, notations } = job;
  const { maxRows, maxColumns, maxUnpacked } = job;
  const choice = new ColumnChoice(job, source);
  const tokens = new MissingTokens(missing, missingAmongNumbers);
  const { columns, warnings } = await readParquet(data, {
    ...{ source, choice, columnTypes, decimal, notations, maxRows, maxColumns, maxUnpacked },
    missing: tokens,
    verbatim: verbatim && new Set(verbatim),
    rereadable: true,
    ...control,
  });
  return {
    columns: columns as Column[],
    warnings: [...warnings, ...choice.warnings()],
    missingMet: tokens.met,
  };
};

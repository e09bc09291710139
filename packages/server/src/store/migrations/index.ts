import type { Migration } from "kysely";
import { tables } from "./0001-tables.js";
import { scoreCounts } from "./0003-score-counts.js";

/** In the order of their names. One that was released is never changed: add another. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-tables": tables,
  "0003-score-counts": scoreCounts,
};

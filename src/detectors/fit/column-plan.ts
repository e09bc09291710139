import { type Column, columnLength, type Dataset, type Samples, samplesOf } from "../../data/index.js";
import { fitFeatureSchema, kindOf } from "../../features/index.js";
import { askedFor, columnDoubts, growthDoubt } from "./column-doubts.js";

/** What a fit would make of a column. */
export interface PlannedColumn {
  readonly name: string;
  readonly kind: Column["kind"];
  /** Whether its differences are learned. A constant column is not, though a change in it later is seen. */
  readonly learned: boolean;
  /** Why it is left out; absent where it is learned. */
  readonly reason?: string;
}

export interface ColumnPlan {
  /** In the order of the data; of images none. */
  readonly columns: readonly PlannedColumn[];
  /** Sentences about columns that are learned from, and perhaps should not be; usually empty. */
  readonly doubts: readonly string[];
}

/**
 * Which columns a fit would learn from, and why it would leave out the others, before anything is trained: by the rows that
 * are not labelled as anomalies. A fit decides by the part of them that it trains on, so that a column that hardly varies may
 * still turn out constant.
 *
 * @throws HypersphereError `unfit-data` for infinite values, and where no column is left
 */
export function planColumns(given: Dataset | Samples): ColumnPlan {
  const { data, labels, rows: unit, reading } = samplesOf(given);
  const columns = kindOf(data).columns(data);
  if (columns[0] === undefined) return { columns: [], doubts: [] };
  const rowCount = columnLength(columns[0]);
  // Labels are of the rows of a table; of windows they say nothing about single steps.
  const known = unit === "observations" && labels?.length === rowCount ? labels : undefined;
  const rows = Array.from({ length: rowCount }, (_, row) => row).filter((row) => known?.[row] !== 1);
  const named = askedFor(reading);
  const doubts = columnDoubts(data, named);
  const table = { kind: "table", rowCount, columns, source: data.source } as const;
  const { dropped } = fitFeatureSchema(table, rows, "standard", {
    named,
    onDoubt: (column, mark) => doubts.push(growthDoubt(column, mark)),
  });
  const reasons = new Map(dropped.map(({ name, reason }) => [name, reason]));
  return {
    columns: columns.map(({ name, kind }) => {
      const reason = reasons.get(name);
      return { name, kind, learned: reason === undefined, ...(reason !== undefined && { reason }) };
    }),
    doubts,
  };
}

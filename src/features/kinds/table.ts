import { selectRows, type Table } from "../../data/index.js";
import { changedCells } from "../changed-cells.js";
import { featureGraph } from "../feature-graph.js";
import { fitFeatureSchema } from "../fit-schema.js";
import type { TableSchema } from "../input-schema.js";
import { RawValues } from "../raw-values.js";
import { fitReference } from "../reference.js";
import { withRememberedMissing } from "../remembered-missing.js";
import { featureCount } from "../schema.js";
import { undoneRows } from "../undone.js";
import {
  columnFeeds,
  columnInputs,
  columnParts,
  columnTensors,
  describeColumns,
  pickColumns,
} from "./columns.js";
import { computeDense } from "./compute.js";
import { copiedRows } from "./copied-rows.js";
import { dealRows } from "./deal.js";
import { tableFingerprint } from "./fingerprint.js";
import type { Kind } from "./kind.js";
import { columnMeasures } from "./measures.js";
import { columnDigests } from "./row-digests.js";

/** Rows of a table, each by itself. */
export const table: Kind<Table, TableSchema> = {
  name: "table",
  noun: { one: "row", many: "rows", all: "rows of a table" },
  axes: 1,
  roundsSingle: false,
  inputOptions: ["scaling", "constantColumns"],
  collect: "Collect more rows from when things were normal.",
  convert: undefined,
  select: selectRows,
  columns: ({ columns }) => columns,
  withColumns: pickColumns,
  pixelSize: () => undefined,
  fingerprint: tableFingerprint,
  digests: async (data, schema) => columnDigests(new RawValues(data, schema), schema),
  overlap: () => 0,
  sharing: (_, rows) => rows.toSorted(),
  apart: ({ rowCount }) => Uint32Array.from({ length: rowCount }, (_, row) => row),
  nearDuplicates: async (data) => copiedRows(data),
  deal: (data, groups, count) => dealRows(data, groups, count, selectRows),
  observationLabels: (_, labels) => Int8Array.from(labels),
  stepValues: (_, values) => Float32Array.from(values),
  lastRow: (_, row) => row,
  typicalSide: async () => undefined,
  stepOrder: () => undefined,
  timeline: () => undefined,
  fitSchema: async (data, rows, { scaling, ...options }) => ({
    kind: "table",
    ...fitFeatureSchema(data, rows, scaling, options),
  }),
  columnSchema: (schema) => schema,
  layout: () => undefined,
  season: () => undefined,
  shape: (schema) => [featureCount(schema)],
  onlySize: () => undefined,
  pixelRange: () => undefined,
  inputs: (schema) => columnInputs(schema, ["rows"]),
  features: (schema, inputs) => featureGraph(schema, columnTensors(inputs)),
  undone: undoneRows,
  changed(schema, inputs) {
    const cells = changedCells(schema, columnTensors(inputs));
    return cells && { changed: cells.changed, parts: cells.columns };
  },
  parts(schema) {
    const { count, ...parts } = columnParts(schema);
    return { shape: [count], ...parts };
  },
  withMissing: withRememberedMissing,
  rawRows: (data, schema) => new RawValues(data, schema),
  compute: (data, schema, rows, context) =>
    computeDense(table, schema, table.rawRows(data, schema), rows, featureCount(schema), context),
  reference: (data, schema, rows, stream) => fitReference(new RawValues(data, schema), schema, rows, stream),
  measures: (data, schema) => columnMeasures(new RawValues(data, schema), schema),
  describe: (schema) => [describeColumns(schema)],
  pythonFeeds: (schema) => columnFeeds(schema),
};

import {
  lastRowOf,
  overlapRows,
  pointScores,
  type SeriesSet,
  selectRows,
  selectSeries,
  windowLabels,
  windowsApart,
  windowsOverlapping,
  windowsWithin,
} from "../../data/index.js";
import { reshape, type Tensor } from "../../graph/index.js";
import { digestOf } from "../../math/digest.js";
import { counted } from "../../text/format.js";
import { changedCells } from "../changed-cells.js";
import { type ColumnInputs, featureGraph } from "../feature-graph.js";
import { fitFeatureSchema } from "../fit-schema.js";
import type { SeriesSchema } from "../input-schema.js";
import type { FeatureMatrix } from "../matrix.js";
import { RawValues } from "../raw-values.js";
import { fitReference } from "../reference.js";
import { withRememberedMissing } from "../remembered-missing.js";
import { featureCount } from "../schema.js";
import { withTrainedKinds } from "../trained-kinds.js";
import { undoneRows } from "../undone.js";
import { columnFeeds, columnInputs, columnParts, describeColumns, pickColumns } from "./columns.js";
import { dealSteps } from "./deal.js";
import { tableFingerprint } from "./fingerprint.js";
import type { FeatureContext, InputSpec, Inputs, Kind } from "./kind.js";
import { columnMeasures } from "./measures.js";
import { columnDigests, windowDigests } from "./row-digests.js";
import { SeriesRows } from "./series-rows.js";
import { table } from "./table.js";

/** Windows of time steps. They may share steps, and the columns of every step are treated as those of a table's row. */
export const series: Kind<SeriesSet, SeriesSchema> = {
  name: "series",
  noun: { one: "window", many: "windows", all: "windows of a series" },
  axes: 2,
  roundsSingle: false,
  inputOptions: ["scaling", "constantColumns"],
  collect: "Collect more windows from when things were normal, or use a smaller stride.",
  convert:
    "Cut windows with seriesFromTable(table, model.card.schema.layout), or read the file with open(path, { model }).",
  select: selectSeries,
  columns: ({ steps }) => steps.columns,
  withColumns: (data, names) => ({ ...data, steps: pickColumns(data.steps, names) }),
  pixelSize: () => undefined,
  async fingerprint(data) {
    const steps = await tableFingerprint(data.steps);
    const starts = await digestOf([new Uint8Array(data.starts.buffer)]);
    return digestOf([new TextEncoder().encode(`${steps} ${data.layout.window} ${starts}`)]);
  },
  digests: async ({ steps, starts }, { layout, steps: schema }) =>
    windowDigests(columnDigests(new RawValues(steps, schema), schema), starts, layout.window),
  overlap: overlapRows,
  sharing: windowsOverlapping,
  apart: windowsApart,
  nearDuplicates: async () => undefined,
  deal: dealSteps,
  observationLabels: (data, labels) => Int8Array.from(windowLabels(data, labels)),
  stepValues: (data, values, combine) => Float32Array.from(pointScores(data, values, { combine }).scores),
  lastRow: lastRowOf,
  typicalSide: async () => undefined,
  stepOrder: ({ layout, rowSteps }) => (layout.entityColumn === undefined ? rowSteps : undefined),
  timeline: ({ steps, rowSteps, segments, entities }) =>
    rowSteps && segments && { steps: steps.rowCount, rowSteps, segments, ...(entities && { entities }) },
  season: ({ layout: { season, window }, starts, times }, rows) =>
    season && times && { season, times: Float64Array.from(rows, (row) => times[starts[row]! + window - 1]!) },
  timeSteps: {
    within: windowsWithin,
    values: ({ steps }, { steps: schema }) => new RawValues(steps, schema),
    withColumns: (schema, steps) => ({ ...schema, steps }),
  },
  withMissing(data, { steps: schema }, tokens) {
    if (data.cutAgain === undefined) {
      const steps = withRememberedMissing(data.steps, schema, tokens);
      return steps === data.steps ? data : { ...data, steps };
    }
    const { table, steps } = data.cutAgain;
    const told = withTrainedKinds(withRememberedMissing(table, schema, tokens), schema);
    return told === table ? data : { ...data, steps: steps(told), cutAgain: undefined };
  },
  // Time steps are in the order of time: what grows with it is no mistake, and no doubt.
  fitSchema: async (data, rows, { scaling, constantColumns, named, settled }) => ({
    kind: "series",
    layout: data.layout,
    steps: fitFeatureSchema(data.steps, coveredSteps(data, rows), scaling, {
      constantColumns,
      named,
      settled,
    }),
  }),
  columnSchema: ({ steps }) => steps,
  layout: ({ layout }) => layout,
  shape: ({ layout, steps }) => [layout.window, featureCount(steps)],
  onlySize: () => undefined,
  pixelRange: () => undefined,
  inputs: ({ layout, steps }) => [
    ...columnInputs(steps, ["rows", layout.window]),
    ...(layout.season === undefined
      ? []
      : [{ name: "time", dtype: "float64", shape: ["rows"] } satisfies InputSpec]),
  ],
  features({ layout, steps }, inputs) {
    const features = featureGraph(steps, stepTensors(inputs));
    return reshape(features, ["rows", layout.window * featureCount(steps)]);
  },
  undone({ layout, steps: schema }, features, source) {
    const steps = undoneRows(schema, features, source);
    const rowCount = steps.rowCount / layout.window;
    return {
      ...{ kind: "series", rowCount, layout, steps, source },
      starts: Uint32Array.from({ length: rowCount }, (_, row) => row * layout.window),
    };
  },
  changed({ layout, steps }, inputs) {
    const cells = changedCells(steps, stepTensors(inputs));
    if (cells === undefined) return undefined;
    const { changed, columns } = cells;
    const { count } = columnParts(steps);
    return {
      changed: reshape(changed, ["rows", layout.window * columns.length]),
      parts: everyStep(layout.window, count, columns),
    };
  },
  parts({ layout: { window }, steps }) {
    const { count, of, sums } = columnParts(steps);
    return {
      shape: [window, count],
      of: everyStep(window, count, of),
      sums: (values) => reshape(sums(reshape(values, ["steps", of.length])), ["rows", window * count]),
    };
  },
  rawRows: (data, schema) => new SeriesRows(data, schema),
  compute: computeOverlapping,
  reference(data, { steps }, rows, stream) {
    const covered = coveredSteps(data, rows);
    const profile = fitReference(new RawValues(data.steps, steps), steps, covered, stream);
    return { ...profile, steps: covered.length };
  },
  measures(data, { steps }) {
    const covered = coveredSteps(data, Uint32Array.from(data.starts.keys()));
    const whole = covered.length === data.steps.rowCount;
    return columnMeasures(new RawValues(whole ? data.steps : selectRows(data.steps, covered), steps), steps);
  },
  describe(schema) {
    const { window, stride, timeColumn, entityColumn, found, detrend } = schema.layout;
    const why =
      found === undefined
        ? ""
        : found.period === undefined
          ? ", found without a period"
          : `, found by the period of ${counted(found.period, "step")}`;
    const ordered = timeColumn === undefined ? "" : `, in the order of "${timeColumn}"`;
    const level = detrend === undefined ? "" : `, less the level of ${counted(detrend, "step")}`;
    const apart = entityColumn === undefined ? "" : `, one series per "${entityColumn}"`;
    return [
      [
        "windows",
        `${counted(window, "step")}${why}, one every ${counted(stride, "step")}${ordered}${apart}${level}`,
      ],
      describeColumns(schema.steps),
    ];
  },
  // The last window of a file; others begin at other rows.
  pythonFeeds: ({ layout: { window, season, timeColumn }, steps }) => {
    const { modules, lines } = columnFeeds(steps, `.tail(${window})`, "[None]");
    if (season === undefined) return { modules, lines };
    const end = `pandas.Timestamp(rows[${JSON.stringify(timeColumn)}].iloc[-1])`;
    return {
      modules: `${modules}, numpy`,
      lines: [
        ...lines,
        "# When the window ends, in seconds since 1970; dates without a zone count as UTC.",
        `feeds["time"] = numpy.array([${end}.timestamp()], "float64")`,
      ],
    };
  },
};

/** Time steps that are in any of the listed windows, ascending. */
function coveredSteps({ steps, starts, layout }: SeriesSet, rows: ArrayLike<number>): Uint32Array {
  const covered = new Uint8Array(steps.rowCount);
  for (let k = 0; k < rows.length; k++) {
    const start = starts[rows[k]!]!;
    covered.fill(1, start, start + layout.window);
  }
  return Uint32Array.from(covered.keys()).filter((step) => covered[step] === 1);
}

/** Parts of a step, among those of all steps of a window one after the other. @param count parts of a step */
const everyStep = (window: number, count: number, parts: Uint32Array): Uint32Array =>
  Uint32Array.from(
    { length: window * parts.length },
    (_, k) => Math.floor(k / parts.length) * count + parts[k % parts.length]!,
  );

/** Inputs [rows, steps, columns] as one row per time step. */
function stepTensors(inputs: Inputs): ColumnInputs {
  const flat = (name: "numeric" | "categorical"): Tensor | undefined => {
    const input = inputs.get(name);
    return input && reshape(input, ["steps", input.shape[2]!]);
  };
  return { numeric: flat("numeric"), categorical: flat("categorical") };
}

/** Once per time step, however many windows it is in. */
async function computeOverlapping(
  { steps, starts }: SeriesSet,
  schema: SeriesSchema,
  rows: ArrayLike<number>,
  context: FeatureContext,
): Promise<FeatureMatrix> {
  const every = Uint32Array.from({ length: steps.rowCount }, (_, step) => step);
  const { columns, data } = await table.compute(steps, { kind: "table", ...schema.steps }, every, context);
  return {
    rows: rows.length,
    columns: schema.layout.window * columns,
    data,
    starts: Uint32Array.from(rows, (row) => starts[row]! * columns),
  };
}

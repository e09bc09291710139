import type { Dataset, Samples, Timeline } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { columnSchema, kindOf } from "../../features/index.js";
import { findIncidents, type IncidentOptions, type Incidents, inTimeSteps } from "../../incidents/index.js";
import type { Model } from "../../model/index.js";
import { type PlottedSeries, plotPage } from "./plot-page.js";
import { stepTimes } from "./step-times.js";

export interface PlotOptions extends IncidentOptions {
  /** Numeric columns that are shown; default the first eight of the model's. */
  readonly sensors?: readonly string[] | undefined;
}

export interface Plot extends Incidents {
  /** One HTML page that loads nothing. */
  readonly html: string;
  /** The columns that it shows. */
  readonly sensors: readonly string[];
}

const DEFAULT_SENSORS = 8;
/** Bytes of numbers in a page, before they become text: browsers open it without delay. */
const MOST_BYTES = 24e6;

/**
 * Scores a series and makes a page of it: the score and sensors over time, flagged stretches, and a threshold that can be
 * moved, upon which the page decides anew. It holds every step, up to 24 MB of numbers: 500 000 steps of 8 sensors.
 *
 * @example
 * const { html } = await plotSeries(model, await open("today.csv", { model }), { sensors: ["flow", "pressure"] });
 *
 * @throws HypersphereError `invalid-option` for sensors that are not numeric columns of the data; `unfit-data` for a series too
 * long for a page; as `findIncidents`
 */
export async function plotSeries(
  model: Model,
  given: Dataset | Samples,
  options: PlotOptions = {},
): Promise<Plot> {
  const { sensors: asked, ...scoring } = options;
  const { samples, timeline } = inTimeSteps(given);
  const sensors = sensorsOf(samples.data, model, asked);
  refuseLong(timeline, sensors.length, samples.data.source);
  const found = await findIncidents(model, samples, scoring);
  const { scores, incidents, mergeGap, minLength } = found;
  const { card, calibrationScores } = model;
  const layout = kindOf(samples.data).layout(card.schema);
  const times = stepTimes(samples, timeline, layout?.timeUnit);
  const isTold = layout?.entityColumn !== undefined && samples.names !== undefined;
  const series = plotted(samples, timeline, times.values, scores.scores, sensors, isTold);
  const html = await plotPage({
    series,
    ...{ sensors, mergeGap, minLength, threshold: scores.threshold, calibration: calibrationScores },
    dates: times.dates,
    timeName: times.named ? layout!.timeColumn! : "row",
    entityName: isTold ? layout!.entityColumn : series.length > 1 ? "series" : undefined,
    source: samples.data.source,
    detector: card.detector,
    incidents: incidents.length,
    flagged: scores.isAnomaly.reduce((sum, flag) => sum + flag, 0),
  });
  return { ...found, html, sensors };
}

function sensorsOf(data: Dataset, { card }: Model, asked: readonly string[] | undefined): readonly string[] {
  const columns = kindOf(data).columns(data);
  const numeric = columns.filter(({ kind }) => kind === "numeric").map(({ name }) => name);
  if (asked === undefined) {
    const there = new Set(numeric);
    const known = columnSchema(card.schema)?.numeric.map(({ name }) => name) ?? [];
    return known.filter((name) => there.has(name)).slice(0, DEFAULT_SENSORS);
  }
  const other = asked.find((name) => !numeric.includes(name));
  if (other === undefined) return [...new Set(asked)];
  throw new HypersphereError(
    "invalid-option",
    `option "sensors" names "${other}", which is no numeric column of ${data.source}.`,
    { hint: `Its numeric columns are ${numeric.slice(0, 20).join(", ")}.` },
  );
}

function refuseLong({ steps }: Timeline, sensors: number, source: string): void {
  const bytes = steps * (8 + 4 * (1 + sensors));
  if (bytes <= MOST_BYTES) return;
  const fit = Math.floor(MOST_BYTES / (8 + 4 * (1 + sensors)));
  throw new HypersphereError(
    "unfit-data",
    `${source} has ${steps} time steps; with ${sensors} sensors a page holds ${fit}.`,
    { hint: 'Plot a part of the file, or fewer columns (option "sensors").' },
  );
}

/**
 * Entity after entity, each with its segments.
 * @param isTold whether the first name of a row is its entity; otherwise a new one begins where times begin anew
 */
function plotted(
  { data, names }: Samples,
  { steps, segments, rowSteps }: Timeline,
  times: Float64Array,
  scores: Float32Array,
  sensors: readonly string[],
  isTold: boolean,
): PlottedSeries[] {
  const byName = new Map(
    kindOf(data)
      .columns(data)
      .map((column) => [column.name, column]),
  );
  const score = new Float32Array(steps).fill(Number.NaN);
  const rowOf = new Int32Array(steps).fill(-1);
  rowSteps.forEach((step, row) => {
    score[step] = scores[row]!;
    rowOf[step] = row;
  });
  const entityOf = (step: number): string => (isTold ? String(names!.of(rowOf[step]!)[0] ?? "") : "");
  const groups: { name: string; from: number; to: number; starts: number[] }[] = [];
  for (const { from, to } of segments) {
    // The first step of a segment is a row's.
    const name = entityOf(from);
    const last = groups.at(-1);
    if (last?.name === name && times[from]! >= times[last.to - 1]!) {
      last.starts.push(from - last.from);
      last.to = to;
    } else groups.push({ name, from, to, starts: [0] });
  }
  return groups.map(({ name, from, to, starts }, k) => ({
    ...{
      name: name === "" && groups.length > 1 ? String(k + 1) : name,
      starts,
      times: times.slice(from, to),
      score: score.slice(from, to),
    },
    sensors: sensors.map((sensor) => {
      const column = byName.get(sensor)!;
      return column.kind === "numeric"
        ? Float32Array.from(column.values.subarray(from, to))
        : new Float32Array();
    }),
  }));
}

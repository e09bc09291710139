/** What the worker does. It keeps the data that were opened, and the model. */
import { observations, selectRowsOf } from "hypersphere/data";
import { applyRule, expectedFalseAlarmRate, parseRule } from "hypersphere/scoring";
import {
  describeNotes,
  HypersphereError,
  type Model,
  type OpenBlobOptions,
  open as openFiles,
  type Samples,
  type SeriesSet,
  useWebRuntime,
} from "hypersphere/web";
import type { Progress, Reading, Slot, Source, Tasks, TimelineView } from "../protocol.js";
import { describe, pictures } from "./describe.js";
import { detectorNamed } from "./detectors.js";

export interface Control {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** Normal rows that a row is compared with. */
const BACKGROUND_ROWS = 500;

const opened = new Map<Slot, Samples>();
let trained: Model | undefined;
let ready: Promise<void> | undefined;

/** Loads the runtime, once. */
function runtime(): Promise<void> {
  ready ??= useWebRuntime();
  return ready;
}

type Handlers = {
  readonly [T in keyof Tasks]: (given: Tasks[T]["given"], control: Control) => Promise<Tasks[T]["answer"]>;
};

export const handlers: Handlers = {
  async open({ slot, source, reading }, { signal, onProgress }) {
    const options = { ...optionsOf(slot, reading), signal };
    onProgress({ stage: "reading", fraction: 0 });
    const found =
      "example" in source ? (await import("./examples.js")).example(source.example) : blobsOf(source);
    const kept = "kind" in found ? without(found, reading.exclude) : await openFiles(found, options);
    const view = await describe(kept);
    opened.set(slot, kept);
    return view;
  },

  async train({ detector, rule }, { signal, onProgress }) {
    const samples = of("training");
    trained = undefined;
    const parsed = parseRule(rule);
    onProgress({ stage: "loading the runtime", fraction: 0 });
    await runtime();
    const fitting = await detectorNamed(detector);
    const warnings: string[] = [];
    const from = performance.now();
    const model = await fitting.fit(samples, {
      signal,
      onWarning: (sentence) => warnings.push(sentence),
      onProgress: ({ stage, fraction }) => onProgress({ stage, fraction }),
    });
    const threshold = applyRule(parsed, model.calibrationScores);
    trained = await model.withThreshold(threshold);
    if (threshold.note !== undefined) warnings.push(threshold.note);
    const { card } = trained;
    return {
      detector: card.detector,
      threshold: Math.fround(threshold.threshold),
      calibrationScores: trained.calibrationScores,
      learnedFrom: card.data.train,
      bytes: trained.toBytes().length,
      seconds: (performance.now() - from) / 1000,
      ties: trained.ties,
      maps: card.map !== undefined,
      warnings,
    };
  },

  async score({ slot }, { signal, onProgress }) {
    const samples = of(slot);
    const { scores, notes } = await model().score(samples, {
      signal,
      onProgress: (fraction) => onProgress({ stage: "scoring", fraction }),
    });
    const { names, data } = samples;
    return {
      source: data.source,
      kind: data.kind,
      scores,
      labels: samples.labels && Int8Array.from(samples.labels),
      names:
        data.kind === "images" && data.names !== undefined
          ? data.names
          : names && Array.from(scores, (_, row) => names.of(row).join(" ")),
      timeline: data.kind === "series" ? timelineOf(data) : undefined,
      notes: [
        ...samples.warnings,
        ...(slot === "later" ? describeNotes(notes, data.source, [samples.labelColumn]) : []),
      ],
    };
  },

  async explain({ slot, row, threshold }, { signal }) {
    // Fetched when a row is first explained.
    const { reasons } = await import("./reasons.js");
    const one = await observationAt(of(slot), row, signal);
    return reasons(model(), one, { background: background(slot, row), threshold, signal });
  },

  async map({ slot, row, threshold }, { signal }) {
    const { mapped } = await import("./mapped.js");
    return mapped(model(), selectRowsOf(of(slot), Uint32Array.of(row)), { threshold, signal });
  },

  pictures: ({ slot, rows }) => pictures(of(slot), rows),

  async file({ threshold }) {
    const stored = model();
    if (threshold === undefined) return stored.toBytes().slice();
    const { calibrationScores } = stored;
    const byHand = await stored.withThreshold({
      threshold,
      method: "by-hand",
      parameters: {},
      calibrationSize: calibrationScores.length,
      expectedFalseAlarmRate: expectedFalseAlarmRate(calibrationScores, threshold),
    });
    return byHand.toBytes().slice();
  },
};

function of(slot: Slot): Samples {
  const samples = opened.get(slot);
  if (samples === undefined) throw new HypersphereError("unfit-data", "No data are open.");
  return samples;
}

function model(): Model {
  if (trained === undefined) throw new HypersphereError("unfit-data", "No model is trained.");
  return trained;
}

/** Further data are read as the training data were: the model remembers how. */
function optionsOf(slot: Slot, { exclude, steps, labelColumn, normalLabel }: Reading): OpenBlobOptions {
  if (slot === "later") return { model: model() };
  return {
    ...(exclude.length > 0 && { exclude }),
    ...(steps !== undefined && { series: true }),
    ...(steps?.timeColumn !== undefined && { timeColumn: steps.timeColumn }),
    ...(steps?.entityColumn !== undefined && { entityColumn: steps.entityColumn }),
    ...(labelColumn !== undefined && { labelColumn }),
    ...(normalLabel !== undefined && { normalLabel }),
  };
}

/** @throws HypersphereError for several tables: which of them is meant, nobody knows */
function refuseTables(files: Extract<Source, { files: unknown }>["files"]): void {
  const tables = files.filter(({ path }) => TABLE.test(path));
  if (files.length < 2 || tables.length < files.length) return;
  throw new HypersphereError("unfit-data", `These are ${files.length} tables, expected one.`, {
    hint: "Take one of them, and drop another one below the scores, once a model is trained. Put tables with the same columns into one file to learn from all of them.",
  });
}

const TABLE = /\.(csv|tsv|jsonl|ndjson|parquet)(\.gz)?$/i;

/** A path that a file was dropped with does not survive its way to a worker. */
function blobsOf({ files }: Extract<Source, { files: unknown }>): Blob | File[] {
  refuseTables(files);
  const placed = files.map(({ file, path }) =>
    Object.defineProperty(new File([file], file.name, { type: file.type }), "webkitRelativePath", {
      value: path.includes("/") ? path : "",
    }),
  );
  return placed.length === 1 ? placed[0]! : placed;
}

/** Of a series that was cut from a table; windows that were given as such have no order. */
function timelineOf({ segments, steps, rowSteps }: SeriesSet): TimelineView | undefined {
  if (segments === undefined) return undefined;
  const rowOf = new Int32Array(steps.rowCount).fill(-1);
  if (rowSteps === undefined) rowOf.forEach((_, step) => (rowOf[step] = step));
  else rowSteps.forEach((step, row) => (rowOf[step] = row));
  const rows: number[] = [];
  const breaks: number[] = [];
  for (const { from, to } of segments) {
    breaks.push(rows.length);
    // A step of a grid may have no row.
    for (let step = from; step < to; step++) if (rowOf[step]! >= 0) rows.push(rowOf[step]!);
  }
  return { rows: Uint32Array.from(rows), breaks: Uint32Array.from(breaks) };
}

/** An example without some of its columns. */
function without(samples: Samples, names: readonly string[]): Samples {
  if (names.length === 0 || samples.data.kind !== "table") return samples;
  const columns = samples.data.columns.filter(({ name }) => !names.includes(name));
  return { ...samples, data: { ...samples.data, columns } };
}

/** What a row is explained by: itself, or of the windows that cover a step the worst. */
async function observationAt(samples: Samples, row: number, signal: AbortSignal): Promise<Samples> {
  const { data } = samples;
  if (data.kind !== "series" || samples.rows === "observations") {
    return selectRowsOf(samples, Uint32Array.of(row));
  }
  const step = data.rowSteps?.[row] ?? row;
  const { window } = data.layout;
  const windows: number[] = [];
  data.starts.forEach((start, k) => {
    if (start <= step && step < start + window) windows.push(k);
  });
  const covering = selectRowsOf(observations(samples), Uint32Array.from(windows));
  const { scores } = await model().score(covering, { signal });
  return selectRowsOf(covering, Uint32Array.of(scores.indexOf(Math.max(...scores))));
}

/** Rows of the training data, spread over them, without the row itself. */
function background(slot: Slot, row: number): Samples {
  const samples = observations(of("training"));
  const { rowCount } = samples;
  const step = Math.max(1, Math.ceil(rowCount / BACKGROUND_ROWS));
  const rows: number[] = [];
  for (let one = 0; one < rowCount; one += step) if (slot !== "training" || one !== row) rows.push(one);
  return selectRowsOf(samples, Uint32Array.from(rows));
}

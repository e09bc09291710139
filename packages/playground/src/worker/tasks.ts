/** What the worker does. It keeps the data that were opened, and the model. */
import { selectRowsOf } from "hypersphere/data";
import { applyRule, expectedFalseAlarmRate, parseRule } from "hypersphere/scoring";
import {
  type AnomalyMap,
  colourScale,
  describeNotes,
  explain as explainRows,
  HypersphereError,
  type Model,
  type NormalRange,
  type OpenBlobOptions,
  open as openFiles,
  overlay,
  type Samples,
  samplesOf,
  useWebRuntime,
} from "hypersphere/web";
import { number } from "../format.js";
import type { Progress, Reading, Slot, Source, Tasks } from "../protocol.js";
import { describe, pictureOf, pictures } from "./describe.js";
import { detectorNamed } from "./detectors.js";
import { example } from "./examples.js";

export interface Control {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** Normal rows that a row is compared with. */
const BACKGROUND_ROWS = 500;
const CONTRIBUTIONS = 6;

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
    const samples = "example" in source ? example(source.example) : await openFiles(blobsOf(source), options);
    const kept = "example" in source ? without(samples, reading.exclude) : samples;
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
      notes: [
        ...samples.warnings,
        ...(slot === "later" ? describeNotes(notes, data.source, [samples.labelColumn]) : []),
      ],
    };
  },

  async explain({ slot, row, threshold }, { signal }) {
    const { rows, warnings } = await explainRows(model(), selectRowsOf(of(slot), Uint32Array.of(row)), {
      background: background(slot, row),
      threshold,
      top: CONTRIBUTIONS,
      signal,
    });
    const { contributions, rest, counterfactual } = rows[0]!;
    return {
      contributions: contributions
        .filter(({ contribution }) => contribution !== 0)
        .map(({ feature, steps, value, normal, contribution }) => ({
          name: steps === undefined ? feature : `${feature}, steps ${steps.from + 1} to ${steps.to}`,
          value,
          normal: normalText(normal),
          amount: contribution,
        })),
      rest,
      changes: (counterfactual?.changes ?? []).map(({ feature, from, to }) => ({ name: feature, from, to })),
      warnings,
    };
  },

  async map({ slot, row, threshold }, { signal }) {
    const one = selectRowsOf(of(slot), Uint32Array.of(row));
    const { data } = one;
    if (data.kind !== "images") throw new HypersphereError("unfit-data", "Maps are of images.");
    let found: AnomalyMap | undefined;
    await model().score(one, {
      signal,
      onMap: (map) => {
        found = map;
      },
    });
    const { height, width, data: pixels } = await data.read(0);
    const drawn = overlay({ height, width, data: pixels }, found!, {
      scale: colourScale(threshold),
    });
    const name = data.names?.[0] ?? `image ${row + 1}`;
    return {
      plain: pictureOf({ height, width, data: pixels }, name),
      overlaid: pictureOf({ height, width, data: drawn }, name),
    };
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
function optionsOf(slot: Slot, { exclude, labelColumn, normalLabel }: Reading): OpenBlobOptions {
  if (slot === "later") return { model: model() };
  return {
    ...(exclude.length > 0 && { exclude }),
    ...(labelColumn !== undefined && { labelColumn }),
    ...(normalLabel !== undefined && { normalLabel }),
  };
}

/** A path that a file was dropped with does not survive its way to a worker. */
function blobsOf({ files }: Extract<Source, { files: unknown }>): Blob | File[] {
  const placed = files.map(({ file, path }) =>
    Object.defineProperty(new File([file], file.name, { type: file.type }), "webkitRelativePath", {
      value: path.includes("/") ? path : "",
    }),
  );
  return placed.length === 1 ? placed[0]! : placed;
}

/** An example without some of its columns. */
function without(samples: Samples, names: readonly string[]): Samples {
  if (names.length === 0 || samples.data.kind !== "table") return samples;
  const columns = samples.data.columns.filter(({ name }) => !names.includes(name));
  return { ...samples, data: { ...samples.data, columns } };
}

/** Rows of the training data, spread over them, without the row itself. */
function background(slot: Slot, row: number): Samples {
  const samples = of("training");
  const { rowCount } = samples.data;
  const step = Math.max(1, Math.ceil(rowCount / BACKGROUND_ROWS));
  const rows: number[] = [];
  for (let one = 0; one < rowCount; one += step) if (slot !== "training" || one !== row) rows.push(one);
  return samplesOf(selectRowsOf(samples, Uint32Array.from(rows)));
}

function normalText(normal: NormalRange): string {
  if (normal.kind === "numbers") return `${number(normal.low)} to ${number(normal.high)}`;
  return normal.texts.map(({ text }) => text ?? "missing").join(", ");
}

/** How good is a model on rows whose labels are known? */
import type { Samples } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { kindOf, observations, testPart } from "../features/index.js";
import type { Model, ScoreOptions, Scores } from "../model/index.js";
import { counted } from "../text/format.js";
import type { EvaluatedRows, Evaluation, PixelEvaluation } from "./evaluation.js";
import { figuresOf } from "./figures.js";
import { type MapFigures, MaskedMaps } from "./masked-maps.js";
import { repeatsNote, repeatsOfTraining } from "./repeats.js";
import { trainedNotes } from "./trained-rows.js";

/** How rows are scored and flagged. */
export type EvaluateOptions = ScoreOptions;

/**
 * Scores labelled samples and measures how well the model ranks and decides: rows of a table, images, windows, or the
 * time steps of a series (with range-aware figures where all steps are of one series). Where images have masks and the
 * model makes maps, their pixels are measured too. Of samples with a given split the test part is measured. Rows without a
 * label are left out.
 *
 * @example
 * const test = samplesOf(table, { labels });
 * const { ranking, decision, untrained } = await evaluate(model, test);
 *
 * @throws HypersphereError `unfit-data` for samples without a single label, else as `model.score`
 */
export async function evaluate(
  model: Model,
  given: Samples,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const samples = testPart(given);
  requireLabels(samples);
  const maps = MaskedMaps.of(model, samples);
  const { onMap } = options;
  const scored = await model.score(samples, {
    ...options,
    ...(maps && {
      async onMap(...given) {
        await onMap?.(...given);
        await maps.add(given[0], given[1]);
      },
    }),
  });
  const evaluation = await evaluateScores(model, samples, scored, options, maps);
  const known = [...(await trainedNotes(model, samples)), ...(await givenSplitNotes(given, options.signal))];
  return { ...evaluation, notes: [...evaluation.notes, ...known] };
}

/** Whether test rows of a given split repeat normal ones of its training part. */
async function givenSplitNotes(given: Samples, signal: AbortSignal | undefined): Promise<string[]> {
  if (given.split === undefined) return [];
  const { data, labels, split } = observations(given);
  const train = split!.train.filter((row) => labels![row] !== 1);
  const test = split!.test.filter((row) => labels![row] !== -1);
  const repeats = await repeatsOfTraining(data, train, test, signal);
  const { source } = data;
  return repeats === 0 ? [] : [`${source}: ${repeatsNote(repeats, test.length, kindOf(data).noun.many)}`];
}

/**
 * As `evaluate`, of scores that are there already: all of `samples`, whatever split they came with.
 * @param scores what `model.score(samples, options)` gave
 * @param maps what was made of the maps on the way
 */
export async function evaluateScores(
  model: Model,
  samples: Samples,
  { scores, isAnomaly, threshold, notes: differences }: Scores,
  options: EvaluateOptions = {},
  maps?: MaskedMaps,
): Promise<Evaluation> {
  const labels = requireLabels(samples);
  const { data } = samples;
  const kind = kindOf(data);
  const order = samples.rows === "time-steps" ? kind.stepOrder(data) : undefined;
  const rows = Uint32Array.from(labels.keys()).filter(
    (row) => labels[row]! >= 0 && !Number.isNaN(scores[row]),
  );
  if (order !== undefined) rows.sort((a, b) => order[a]! - order[b]!);
  const own = Int8Array.from(rows, (row) => labels[row]!);
  const pixels = maps?.result(threshold);
  // Without pixels, rows of one class have no ranking that a control could be compared with.
  const { combine, backend, signal } = options;
  const control = pixels?.figures && MaskedMaps.of(model, samples)!;
  const before =
    new Set(own).size > 1 || control !== undefined
      ? await model.untrainedScores(samples, {
          ...{ combine, backend, signal },
          ...(control && { onMap: (map, row) => control.add(map, row) }),
        })
      : undefined;
  const { notes, decision, ...figures } = figuresOf({
    labels: own,
    scores: Float32Array.from(rows, (row) => scores[row]!),
    isAnomaly: Uint8Array.from(rows, (row) => isAnomaly[row]!),
    threshold,
    untrained: before && Float32Array.from(rows, (row) => before[row]!),
    window: order && kind.layout(model.card.schema)?.window,
  });
  const counts = countRows(labels, scores);
  const highest = samples.rows === "time-steps" && combine === "max";
  const stored = threshold === Math.fround(model.card.threshold.threshold);
  return {
    ...figures,
    ...pixelEvaluation(model, pixels, before && control?.result()),
    decision: {
      ...decision,
      expectedFalseAlarmRate: stored ? (model.card.threshold.expectedFalseAlarmRate ?? null) : null,
    },
    counts,
    notes: [...notes, ...(pixels?.notes ?? []), ...uncoveredNote(counts), ...(highest ? [HIGHEST] : [])],
    differences,
  };
}

function requireLabels({ labels, data, labelColumn }: Samples): Int8Array {
  const { noun } = kindOf(data);
  const needed = `measuring a model needs ${noun.many} that are known to be normal, or anomalies`;
  if (labels === undefined) {
    throw new HypersphereError("unfit-data", `${data.source} has no labels: ${needed}.`, {
      hint: "Tables and series have labels in a column, images by their folders (good, and one per defect) or classes.",
    });
  }
  if (labels.some((label) => label >= 0)) return labels;
  const where = labelColumn === undefined ? "" : ` in "${labelColumn}"`;
  throw new HypersphereError("unfit-data", `${data.source}: no row has a label${where}; ${needed}.`);
}

/** @param untrained absent for models without this control */
function pixelEvaluation(
  { card }: Model,
  trained: MapFigures | undefined,
  untrained: MapFigures | undefined,
): { pixels?: PixelEvaluation } {
  if (trained?.figures === undefined) return {};
  const { height, width } = card.map!;
  const { iou = 0, regionsFound = 0, ...figures } = trained.figures;
  const before = untrained?.figures;
  const control = before && {
    auroc: before.auroc,
    averagePrecision: before.averagePrecision,
    aupro: before.aupro,
  };
  return { pixels: { height, width, ...figures, iou, regionsFound, untrained: control ?? null } };
}

function countRows(labels: Int8Array, scores: Float32Array): EvaluatedRows {
  const counts = { normals: 0, anomalies: 0, unlabelled: 0, uncovered: 0 };
  labels.forEach((label, row) => {
    const scored = !Number.isNaN(scores[row]);
    if (label < 0) counts.unlabelled += scored ? 1 : 0;
    else if (!scored) counts.uncovered++;
    else if (label === 1) counts.anomalies++;
    else counts.normals++;
  });
  return counts;
}

const HIGHEST =
  "The highest of several windows is compared with single ones: expect more false alarms than promised.";

const uncoveredNote = ({ uncovered }: EvaluatedRows): string[] =>
  uncovered === 0
    ? []
    : [`Without a score, since no window covers them: ${counted(uncovered, "labelled row")}.`];

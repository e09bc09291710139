import type { Dataset } from "../data/index.js";
import { kindOf, kindOfSchema } from "../features/index.js";
import { median, ranks, spearman } from "../math/quantile.js";
import { argsort } from "../math/sort.js";
import type { Json } from "../model/contract.js";
import type { Model } from "../model/index.js";
import { adviceOn, LEARNED } from "./advice.js";
import { trainingCurves } from "./curves.js";
import { lookInside } from "./inside.js";
import { type Looked, look, NO_DATA } from "./looked.js";
import type { TrainingReportOptions } from "./options.js";
import type { LeftOut, ShownRow, ShownScores, TrainingReport, UntrainedControl } from "./report.js";
import { rowPictures } from "./row-pictures.js";
import { scoreBins } from "./score-bins.js";

/** The least normal rows that are listed, and the most normal ones. */
const LEAST_NORMAL = 10;
const MOST_NORMAL = 5;
/** Points of the picture of ranks. */
const MOST_RANKS = 500;

/**
 * What a model learned, as figures: curves of its training, scores of rows held out and learned from, the same networks
 * before training, its latent space, what its decoder makes of rows, and the rows that it takes for the least and the most
 * normal. What a detector does not have is listed with the reason. The model alone says some of it; data, such as those that
 * it was trained on, say the rest.
 *
 * @example
 * const model = await new DeepSvdd({ seed: 7 }).fit(plant, { onSplit: (split) => (used = split) });
 * const html = await trainingPage(await trainingReport(model, { data: plant, split: used }));
 *
 * @throws HypersphereError as `model.score`
 */
export async function trainingReport(
  model: Model,
  options: TrainingReportOptions = {},
): Promise<TrainingReport> {
  const { card } = model;
  const { noun } = kindOfSchema(card.schema);
  const looked = options.data === undefined ? undefined : await look(model, options.data, options);
  const curves = trainingCurves(card);
  const scores = shownScores(model, looked);
  const control = controlOf(card.training, looked);
  const inside = await lookInside(model, looked, options);
  const rows = looked && (await extremeRows(looked, model, options));
  const left: LeftOut[] = [
    ...(curves.length > 0
      ? []
      : [
          {
            what: "Curves",
            why: `${card.detector} does not learn step by step: there is nothing to draw over time.`,
          },
        ]),
    ...(control !== undefined
      ? []
      : [
          {
            what: "The untrained control",
            why: `${card.detector} has no networks that could be looked at before training.`,
          },
        ]),
    ...inside.left,
    ...(rows !== undefined ? [] : [{ what: "Rows", why: NO_DATA }]),
  ];
  return {
    card,
    ...(looked && { source: looked.data.source }),
    noun: { one: noun.one, many: noun.many },
    curves,
    scores,
    ...(control && { control }),
    latent: inside.latent,
    ...(inside.reconstructions && { reconstructions: inside.reconstructions }),
    ...(inside.centre && { centre: inside.centre }),
    ...(rows && { rows }),
    advice: adviceOn({
      card,
      curves,
      scores,
      agreement: control?.agreement,
      flagged: looked && {
        learned: looked.scored.isAnomaly.reduce((sum, flag) => sum + flag, 0),
        rows: looked.rows.length,
      },
      warnings: options.warnings ?? [],
    }),
    left,
  };
}

const pick = (values: ArrayLike<number>, places: Uint32Array): Float32Array =>
  Float32Array.from(places, (place) => values[place]!);

function shownScores({ card, calibrationScores: held }: Model, looked: Looked | undefined): ShownScores {
  const points = [
    { name: "in force", threshold: card.threshold.threshold },
    ...Object.entries(card.operatingPoints).map(([name, { threshold }]) => ({ name, threshold })),
  ];
  const all = looked?.scored.scores;
  const upper = looked && all && (looked.split === undefined ? all : pick(all, looked.split.train));
  return {
    bins: scoreBins(
      upper ?? [],
      held,
      points.map(({ threshold }) => threshold),
    ),
    ...(upper &&
      upper.length > 0 && {
        upper: {
          what: looked.split === undefined ? `rows of ${looked.data.source}` : LEARNED,
          rows: upper.length,
          median: median(upper),
        },
      }),
    heldOut: { rows: held.length, median: median(held) },
    operatingPoints: points,
  };
}

function controlOf(training: Json, looked: Looked | undefined): UntrainedControl | undefined {
  const recorded = agreementOf(training);
  const untrained = looked?.untrained;
  if (untrained === undefined) return recorded === undefined ? undefined : { agreement: recorded };
  const { split, scored, rows } = looked!;
  const every = Uint32Array.from(rows.keys());
  const held = split === undefined ? every : split.calibration;
  const some = held.subarray(0, MOST_RANKS);
  const shares = (values: ArrayLike<number>): Float32Array => {
    const own = ranks(pick(values, some));
    return Float32Array.from(own, (rank) => (some.length > 1 ? (rank - 1) / (some.length - 1) : 0.5));
  };
  const agreement = recorded ?? spearman(pick(scored.scores, held), pick(untrained, held));
  return {
    agreement: agreement === null || Number.isNaN(agreement) ? null : agreement,
    bins: scoreBins(pick(untrained, split?.train ?? every), split === undefined ? [] : pick(untrained, held)),
    ranks: { before: shares(untrained), after: shares(scored.scores) },
  };
}

/** What the card says of it; undefined where it says nothing. */
function agreementOf(training: Json): number | null | undefined {
  const { control } = (training ?? {}) as { control?: { agreement?: number | null } };
  return control?.agreement;
}

async function extremeRows(
  { data, rows, scored, split }: Looked,
  { card }: Model,
  { names }: TrainingReportOptions,
): Promise<NonNullable<TrainingReport["rows"]>> {
  const order = argsort(scored.scores, "scores");
  const picture = rowPictures(data, card.schema);
  const name = names ?? nameOf(data);
  const parts = new Map<number, ShownRow["part"]>();
  for (const place of split?.train ?? []) parts.set(place, "learning");
  for (const place of split?.validation ?? []) parts.set(place, "stopping");
  for (const place of split?.calibration ?? []) parts.set(place, "calibration");
  const shown = async (place: number): Promise<ShownRow> => {
    const part = parts.get(place);
    return {
      row: rows[place]!,
      name: names === undefined ? name(place) : name(rows[place]!),
      score: scored.scores[place]!,
      pValue: scored.pValues[place]!,
      flagged: scored.isAnomaly[place] === 1,
      ...(part && { part }),
      picture: await picture(place),
    };
  };
  // Windows that share steps with a worse one would show the same again.
  const spread = (places: Iterable<number>, most: number): number[] => {
    const taken: number[] = [];
    const covered = new Set<number>();
    for (const place of places) {
      if (taken.length === most) break;
      if (covered.has(place)) continue;
      taken.push(place);
      for (const other of kindOf(data).sharing(data, Uint32Array.of(place))) covered.add(other);
    }
    return taken;
  };
  const list = (places: readonly number[]): Promise<ShownRow[]> => Promise.all(places.map(shown));
  return {
    least: await list(spread(order.toReversed(), LEAST_NORMAL)),
    most: await list(spread(order, MOST_NORMAL)),
  };
}

function nameOf(data: Dataset): (place: number) => string {
  const { noun } = kindOf(data);
  const names = (data as { readonly names?: readonly string[] | undefined }).names;
  return (place) => names?.[place] ?? `${noun.one} ${place + 1}`;
}

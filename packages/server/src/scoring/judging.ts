import {
  type AnomalyMap,
  type Fleet,
  HypersphereError,
  type ImageSet,
  type Model,
  type ScoreOptions,
  type StreamAnswer,
} from "hypersphere";
import type { Decision, Outcome, Pictures, RowFacts } from "../results/index.js";
import type { Settings } from "../settings.js";
import type { BatchedStreams } from "./batched-streams.js";
import { drawPictures } from "./draw-pictures.js";
import { type GivenData, type ReadData, type Row, withData } from "./given-data.js";
import type { FactReader } from "./row-facts.js";
import { usualScore } from "./usual-score.js";

/** A row with what a model says of it; without a score where it could not be read. */
export interface Judged {
  readonly row: Row;
  readonly facts?: RowFacts;
  readonly outcome?: Outcome;
  readonly by?: Decision;
  /** Of an image, where they are to be kept. */
  readonly pictures?: Pictures;
  readonly error?: HypersphereError;
}

export interface Verdicts {
  readonly judged: readonly Judged[];
  readonly warnings: readonly string[];
}

interface Given {
  readonly data: GivenData;
  readonly reader: FactReader;
  readonly streams: BatchedStreams;
  readonly settings: Pick<Settings, "maxRows"> & { readonly folder: string };
  /** Whether pictures are kept of an image, by whether it was flagged. */
  readonly draws: (flagged: boolean) => boolean;
}

/** Rows by one model. */
export async function judge(
  model: Model,
  threshold: number,
  { data, reader, streams, settings, draws }: Given,
): Promise<Verdicts> {
  const by = { threshold, usual: usualScore(model) };
  if (data.kind === "rows" && model.card.schema.kind === "table") {
    const answers = await streams.score(model, threshold, data.rows);
    return {
      judged: data.rows.map((row, k) => judgedRow(row as Row, answers[k]!, by, reader)),
      warnings: [],
    };
  }
  return withData(data, model, settings, async (read) => {
    const { samples } = read;
    const { data: given } = samples;
    const judged =
      given.kind === "images"
        ? await judgedImages(model, samples, given, { by, reader, draws })
        : await judgedSamples(model, samples, by, (k) => read.rows[k] ?? {}, reader);
    return { judged, warnings: samples.warnings };
  });
}

/**
 * Rows of a fleet's entities, each by the model in charge of it: its own, or that of all entities.
 * @param thresholdOf of a model, by the operating point that decides
 */
export async function judgeFleet(
  fleet: Fleet,
  thresholdOf: (model: Model) => number,
  { data, reader, streams, settings }: Given,
): Promise<Verdicts> {
  const decision = (model: Model, own: boolean): Decision => ({
    ...{ threshold: thresholdOf(model), usual: usualScore(model), own },
  });
  if (data.kind === "rows" && fleet.card.schema.kind === "table") {
    const judged = new Array<Judged>(data.rows.length);
    const dealt = fleet.deal(data.rows);
    for (const [place, error] of dealt.refused) judged[place] = { row: data.rows[place] as Row, error };
    for (const [entity, places] of dealt.places) {
      const model = entity === null ? fleet.fallback : await fleet.model(entity);
      const by = decision(model, entity !== null);
      const answers = await streams.score(
        model,
        by.threshold,
        places.map((place) => data.rows[place]),
      );
      places.forEach((place, k) => {
        judged[place] = judgedRow(data.rows[place] as Row, answers[k]!, by, reader);
      });
    }
    return { judged, warnings: [] };
  }
  return withData(data, fleet, settings, async ({ samples, rows }) => {
    const judged = rows.map((row): Judged => ({ row }));
    for (const { part, samples: own, model: open } of fleet.parts(samples)) {
      const model = await open();
      const by = decision(model, part.name !== undefined && fleet.has(part.name));
      const rowOf = (k: number): Row => rows[part.rows[k]!] ?? {};
      (await judgedSamples(model, own, by, rowOf, reader)).forEach((one, k) => {
        judged[part.rows[k]!] = one;
      });
    }
    return { judged, warnings: samples.warnings };
  });
}

/** Images, with what people are to see of them. */
async function judgedImages(
  model: Model,
  samples: ReadData["samples"],
  images: ImageSet,
  { by, reader, draws }: Pick<Given, "reader" | "draws"> & { by: Decision },
): Promise<Judged[]> {
  const maps = new Map<number, AnomalyMap>();
  const onMap = (map: AnomalyMap, row: number, { isAnomaly }: { isAnomaly: boolean }): void => {
    if (draws(isAnomaly)) maps.set(row, map);
  };
  const makes = model.card.map !== undefined;
  const judged = await judgedSamples(model, samples, by, () => ({}), reader, makes ? onMap : undefined);
  const drawn: Judged[] = [];
  for (const [row, one] of judged.entries()) {
    if (one.outcome === undefined || !draws(one.outcome.isAnomaly)) drawn.push(one);
    else {
      const about = { model, threshold: by.threshold };
      drawn.push({ ...one, pictures: await drawPictures(await images.read(row), maps.get(row), about) });
    }
  }
  return drawn;
}

async function judgedSamples(
  model: Model,
  samples: ReadData["samples"],
  by: Decision,
  rowOf: (k: number) => Row,
  reader: FactReader,
  onMap?: ScoreOptions["onMap"],
): Promise<Judged[]> {
  const { scores, pValues, isAnomaly, probabilities } = await model.score(samples, {
    threshold: by.threshold,
    onMap,
  });
  return Array.from(scores, (score, k): Judged => {
    const row = rowOf(k);
    if (Number.isNaN(score)) return { row };
    const probability = probabilities && { probability: probabilities[k]! };
    const outcome = { score, pValue: pValues[k]!, isAnomaly: isAnomaly[k] === 1, ...probability };
    return { row, facts: reader.of(row), outcome, by };
  });
}

function judgedRow(row: Row, answer: StreamAnswer, by: Decision, reader: FactReader): Judged {
  if (answer.kind === "refused") return { row, error: answer.error };
  if (answer.kind === "pending") return { row };
  try {
    return { row, facts: reader.of(row), outcome: answer, by };
  } catch (error) {
    if (error instanceof HypersphereError) return { row, error };
    throw error;
  }
}

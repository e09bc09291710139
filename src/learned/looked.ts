import { type Dataset, type Samples, samplesOf } from "../data/index.js";
import { throwIfAborted } from "../errors.js";
import { indicesOf, observations, selectSamples } from "../features/index.js";
import { createRandom } from "../math/random.js";
import type { RowSplit } from "../model/contract.js";
import type { Model, Scores } from "../model/index.js";
import type { TrainingReportOptions } from "./options.js";

/** Rows that are scored for a report: many enough for any picture, few enough to wait for. */
const MOST_ROWS = 20_000;

/** Why there is nothing to show of rows. */
export const NO_DATA =
  "A model holds no rows. Give data to look at: hypersphere inspect model.onnx --report page.html --data plant.csv.";

/** Rows that are looked at, with their scores. */
export interface Looked {
  readonly data: Dataset;
  /** Numbers of the rows in the data that were given. */
  readonly rows: Uint32Array;
  readonly scored: Scores;
  readonly untrained: Float32Array | undefined;
  /** Places among `rows`; undefined where it is not known what the fit used them for. */
  readonly split: RowSplit | undefined;
}

/** Scores the rows of the data that count as normal, or so many of them, by the model and by its untrained control. */
export async function look(
  model: Model,
  given: Dataset | Samples,
  { split, backend, signal, onProgress }: TrainingReportOptions,
): Promise<Looked> {
  const { data, labels } = observations(samplesOf(given));
  const candidates =
    split === undefined
      ? labels === undefined
        ? Uint32Array.from({ length: data.rowCount }, (_, row) => row)
        : indicesOf(labels, (label) => label !== 1)
      : Uint32Array.of(...split.train, ...split.validation, ...split.calibration).sort();
  const stream = createRandom(Number(model.card.options["seed"] ?? 0)).stream("report");
  const rows =
    candidates.length <= MOST_ROWS
      ? candidates
      : stream
          .sample(candidates.length, MOST_ROWS)
          .map((place) => candidates[place]!)
          .sort();
  const part = rows.length === data.rowCount ? data : selectSamples(data, rows);
  const hear = (from: number) => onProgress && ((fraction: number) => onProgress(from + fraction / 2));
  const scored = await model.score(part, { backend, signal, onProgress: hear(0) });
  throwIfAborted(signal);
  const untrained = await model.untrainedScores(part, { backend, signal, onProgress: hear(0.5) });
  return { data: part, rows, scored, untrained, split: split && placesOf(split, rows) };
}

function placesOf({ train, validation, calibration }: RowSplit, rows: Uint32Array): RowSplit {
  const place = new Map(Array.from(rows, (row, at) => [row, at]));
  const among = (part: Uint32Array): Uint32Array =>
    Uint32Array.from(Array.from(part, (row) => place.get(row)).filter((at) => at !== undefined));
  return { train: among(train), validation: among(validation), calibration: among(calibration) };
}

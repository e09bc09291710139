/** Scores of training rows, each by a model that was not trained on the row. */
import type { Dataset } from "../data/index.js";
import type { RowParts } from "../detectors/fit/hold-out.js";
import type { Detector } from "../detectors/registry.js";
import { throwIfAborted } from "../errors.js";
import { selectSamples } from "../features/index.js";
import { MAD_TO_SIGMA, mad, median, std } from "../math/quantile.js";
import type { FitOptions } from "../model/contract.js";
import type { Model } from "../model/index.js";
import { pValues } from "../scoring/index.js";

export interface OutOfFold {
  /** [rows] in deviations (1.4826 MAD) from the median of the fold model's calibration scores; higher is more abnormal. */
  readonly scores: Float64Array<ArrayBuffer>;
  /** [rows] conformal, in (0, 1], compared with the standardised calibration scores of all folds together. */
  readonly pValues: Float64Array<ArrayBuffer>;
}

/**
 * Scores every row by a model trained on the other folds' kept rows.
 *
 * Models of different folds score on scales of their own (a forest's depths, a network's distances). Each
 * model's calibration rows, which it was not trained on either, make them comparable. Median and MAD rather than ranks:
 * ranks among k calibration rows stop at 1 / (k + 1), and all gross outliers would be equal.
 *
 * @param folds as `foldRows` deals them
 * @param keep [rows] 1 where a row may be learned from; every row is scored
 * @param onFold is told before each fit which fold is next, and returns the listeners of that fit
 */
export async function outOfFoldScores(
  detector: Detector,
  data: Dataset,
  folds: readonly RowParts[],
  keep: Uint8Array,
  onFold: (fold: number) => FitOptions,
): Promise<OutOfFold> {
  const scores = new Float64Array(data.rowCount);
  const pooled: number[] = [];
  for (const [k, { train, calibration: held }] of folds.entries()) {
    const options = onFold(k);
    const learned = train.filter((row) => keep[row] === 1);
    const model = await detector.fit(selectSamples(data, learned), options);
    throwIfAborted(options.signal);
    const scored = await model.score(selectSamples(data, held), { signal: options.signal });
    await model.close();
    const standardise = standardiser(model);
    scored.scores.forEach((score, place) => {
      scores[held[place]!] = standardise(score);
    });
    for (const score of model.calibrationScores) pooled.push(standardise(score));
  }
  return { scores, pValues: pValues(Float64Array.from(pooled).sort(), scores) };
}

function standardiser(model: Model): (score: number) => number {
  const calibration = model.calibrationScores;
  const centre = median(calibration);
  // More than half of the scores may be equal, and all of them.
  const scale = mad(calibration) * MAD_TO_SIGMA || std(calibration) || 1;
  return (score) => (score - centre) / scale;
}

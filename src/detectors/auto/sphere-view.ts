import { throwIfAborted } from "../../errors.js";
import { type FeatureMatrix, sampleFeatures } from "../../features/index.js";
import { mean, type Tensor } from "../../graph/index.js";
import type { TrainingContext } from "../../model/contract.js";
import { logFloor, standardisation } from "../../nn/standardisation.js";
import { perRow } from "../../train/per-row.js";
import type { AutoOptions } from "./options.js";
import { fitRandomSphere, type RandomSphere } from "./random-sphere.js";
import { sphereDistances } from "./sphere-distances.js";

/** Mean distance to the centres of the encoders, [rows]. */
export const meanSphereDistance = (features: Tensor, members: readonly RandomSphere[]): Tensor =>
  mean(sphereDistances(features, members), [0]);

/** The view by random encoders, standardised on training rows that are each left out, as far as a formula can do that. */
export async function sphereView(
  options: AutoOptions,
  train: FeatureMatrix,
  { backend, random, onProgress, signal }: TrainingContext,
) {
  const runtime = await backend.inline();
  const rows = sampleFeatures(train, options.maxRows, random.stream("rows"));
  const members: RandomSphere[] = [];
  const average = new Float64Array(rows.rows);
  for (let member = 0; member < options.members; member++) {
    throwIfAborted(signal);
    const sphere = await fitRandomSphere(runtime, rows, options, random.stream("sphere", member));
    members.push(sphere);
    const distances = await perRow(runtime, rows, (x) => meanSphereDistance(x, [sphere]));
    // What the distance would be had the row not been among those that the covariance was taken from: with leverage
    // (d^2 + 1) / n, a row pulls the ellipsoid towards itself.
    distances.forEach((distance, row) => {
      const leverage = Math.min((distance + 1) / rows.rows, 0.999);
      average[row]! += distance / (1 - leverage) / options.members;
    });
    onProgress?.({ stage: "training", fraction: 0.5 + (0.5 * (member + 1)) / options.members });
  }
  const floor = logFloor(average);
  return {
    members,
    floor,
    standardisation: standardisation(average.map((value) => Math.log(value + floor))),
  };
}

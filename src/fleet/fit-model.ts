import { detectors } from "../detectors/registry.js";
import { withContributions } from "../explain/index.js";
import { decideBy } from "../model/index.js";
import { calibrationSizeForRule, parseRule } from "../scoring/index.js";
import type { FleetJob } from "./plan-fleet.js";

export interface FittedModel {
  readonly bytes: Uint8Array;
  /** What the fit had to say. */
  readonly warnings: readonly string[];
}

/** Fits one model of a fleet. @throws HypersphereError as `Detector.fit` does */
export async function fitModel(
  { samples, detector, options, rule, explain, settledColumns }: FleetJob,
  signal?: AbortSignal,
): Promise<FittedModel> {
  const warnings: string[] = [];
  const fitted = await detectors[detector]!.create({ ...options }).fit(samples, {
    ...{ settledColumns, signal },
    ...(rule !== undefined && { calibrationSize: calibrationSizeForRule(parseRule(rule)) }),
    onWarning: (sentence) => warnings.push(sentence),
  });
  const decided = rule === undefined ? fitted : await decideBy(parseRule(rule), fitted);
  const model = explain ? await withContributions(decided) : decided;
  const bytes = model.toBytes();
  await Promise.all([model, decided, fitted].map((each) => each.close()));
  return { bytes, warnings };
}

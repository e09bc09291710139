import { expectedFalseAlarmRate } from "hypersphere/scoring";
import { type ActiveModel, factsOfVersion, thresholdOf } from "../models/index.js";
import type { Services } from "./services.js";

/** The threshold in force, and which part of normal rows is above it by calibration; null where nothing says so. */
interface InForce {
  readonly threshold: number | null;
  readonly falseAlarmRate: number | null;
}

/** Of the model's own threshold its card says the rate: the file is read for another alone. */
export async function inForce({ loaded }: Services, active: ActiveModel | undefined): Promise<InForce> {
  const nothing = { threshold: null, falseAlarmRate: null };
  if (active === undefined) return nothing;
  const { model: stored, version, points } = active;
  const { name } = stored;
  if (stored.operating_point === null) {
    const { threshold, expectedFalseAlarmRate: falseAlarmRate } = factsOfVersion(version);
    return { threshold: version.fleet === null ? Math.fround(threshold) : null, falseAlarmRate };
  }
  if (version.fleet !== null) {
    // Each model keeps the promise by itself, with a threshold of its own: that of all entities stands for them.
    const { fallback } = await loaded.openFleet(version);
    const decided = thresholdOf(fallback, { name, version: version.version }, points, stored.operating_point);
    return { threshold: null, falseAlarmRate: expectedFalseAlarmRate(fallback.calibrationScores, decided) };
  }
  const model = await loaded.open(version);
  try {
    const threshold = thresholdOf(model, { name, version: version.version }, points, stored.operating_point);
    return { threshold, falseAlarmRate: expectedFalseAlarmRate(model.calibrationScores, threshold) };
  } catch {
    // A score of another version: requests are refused until a point that fits is put in force.
    return nothing;
  }
}

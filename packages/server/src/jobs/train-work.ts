import { rename } from "node:fs/promises";
import { join } from "node:path";
import { type FitOptions, type Model, open } from "hypersphere";
import { applyRule, parseRule } from "hypersphere/scoring";
import { FILES } from "./messages.js";
import { watched, writeReport } from "./report-work.js";
import { requireDetector, type TrainRequest } from "./request.js";

/** Trains as the command `train` does, and writes a report of it. @throws HypersphereError about the data, which it calls "the data" */
export async function train(
  { detector, options, rule, reading, format }: TrainRequest,
  folder: string,
  fitOptions: FitOptions,
): Promise<Model> {
  // Readers go by the ending.
  const path = join(folder, `${FILES.data}.${format}`);
  await rename(join(folder, FILES.data), path);
  const samples = await open(path, { ...reading, part: undefined });
  const { options: watchedOptions, seen } = watched(fitOptions);
  for (const warning of samples.warnings) watchedOptions.onWarning?.(warning);
  const model = await requireDetector(detector).create(options).fit(samples, watchedOptions);
  const made = await decided(model, rule);
  await writeReport(made, folder, { ...seen, data: samples }, fitOptions.onWarning);
  return made;
}

/** The model with the rule's threshold in force, from the normal rows that its training held out. */
export async function decided(model: Model, rule: string | undefined): Promise<Model> {
  if (rule === undefined) return model;
  const threshold = applyRule(parseRule(rule), model.calibrationScores);
  const notes = [threshold.note, model.card.threshold.note].filter((note) => note !== undefined);
  return model.withThreshold(notes.length === 0 ? threshold : { ...threshold, note: notes.join(" ") });
}

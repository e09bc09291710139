import { applyRule, type Rule } from "../scoring/index.js";
import type { Model } from "./model.js";

/** The model with the rule's threshold in force, from the normals that its training held out. */
export async function decideBy(rule: Rule, model: Model): Promise<Model> {
  const threshold = applyRule(rule, model.calibrationScores);
  // What the fit had to say of the rows behind its own threshold holds for this one too.
  const notes = [threshold.note, model.card.threshold.note].filter((note) => note !== undefined);
  return model.withThreshold(notes.length === 0 ? threshold : { ...threshold, note: notes.join(" ") });
}

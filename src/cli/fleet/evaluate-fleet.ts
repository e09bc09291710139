import { type EntityEvaluation, evaluateFleet } from "../../fleet/evaluate-fleet.js";
import type { Fleet } from "../../fleet/fleet.js";
import { columns, counted } from "../../text/format.js";
import type { CliContext } from "../command.js";
import { openSamples } from "../files/open-samples.js";
import { requireLabelColumn, warnOfDifferences } from "../files/score-samples.js";
import type { DecisionFlags } from "../flags/data-flags.js";
import type { ScoringSampleFlags } from "../flags/sample-flags.js";
import { evaluationText } from "../print/evaluation.js";
import { tellFallback } from "./score-fleet.js";

/** Entities that are listed one by one, worst first. */
const LISTED = 10;

/** `evaluate` of a fleet. */
export async function evaluateFleetCommand(
  fleet: Fleet,
  path: string,
  flags: ScoringSampleFlags & DecisionFlags,
  context: CliContext,
): Promise<undefined> {
  const { output, signal } = context;
  await requireLabelColumn(path, fleet, flags);
  const samples = await openSamples(path, flags, context, { model: fleet });
  const { rule, percentile, threshold, operatingPoint, combine } = flags;
  const evaluation = await evaluateFleet(fleet, samples, {
    ...{ rule, percentile, threshold, operatingPoint, combine, signal },
    onProgress: (fraction) => output.progress("scoring", fraction),
  });
  output.endProgress();
  await fleet.close();
  warnOfDifferences(evaluation.differences, samples, output);
  tellFallback(evaluation.scores, fleet, output);
  const { source } = samples.data;
  if (output.json) {
    const { counts, differences: _, scores: __, ...figures } = evaluation;
    output.resultJson({ source, labelColumn: samples.labelColumn, labels: counts, ...figures });
    return undefined;
  }
  const text = evaluationText(
    source,
    evaluation,
    "1 is the threshold of each row's model, 0 its usual score",
  );
  output.result([text, "", ...entityLines(evaluation.entities)].join("\n"));
  return undefined;
}

function entityLines(entities: readonly EntityEvaluation[]): string[] {
  const worst = entities.toSorted((a, b) => (a.auroc ?? 2) - (b.auroc ?? 2)).slice(0, LISTED);
  const head = ["", "model", "AUROC", "anomalies", "found", "normal rows", "false alarms"];
  const rows = worst.map(({ entity, own, auroc, anomalies, found, normals, falseAlarms }) => [
    entity === "" ? "(none)" : entity,
    own ? "own" : "fallback",
    auroc === null ? "-" : auroc.toFixed(4),
    ...[anomalies, found, normals, falseAlarms].map(String),
  ]);
  const title =
    entities.length > LISTED ? `The worst of ${counted(entities.length, "entity", "entities")}` : "Entities";
  return [title, ...columns([head, ...rows], [2, 3, 4, 5, 6]).map((line) => `  ${line}`)];
}

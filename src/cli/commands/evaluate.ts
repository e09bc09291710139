import type { Samples } from "../../data/index.js";
import { kindOf, kindOfSchema, type LabelCounts, labelCounts } from "../../features/index.js";
import type { Model, Scores } from "../../model/index.js";
import { columns, figure, percent } from "../../text/format.js";
import type { CliCommand, CliContext } from "../command.js";
import {
  aurocText,
  type Decision,
  type Evaluation,
  evaluateRows,
  type RangeRanking,
  type ScoredRows,
} from "../evaluation.js";
import { loadModelFile } from "../files/model-file.js";
import { openSamples } from "../files/open-samples.js";
import { labelledRows, requireLabelColumn, scoreSamples } from "../files/score-samples.js";
import {
  addDecisionFlags,
  type DecisionFlags,
  type RuntimeChoice,
  runtimeFlag,
} from "../flags/data-flags.js";
import { addScoringSampleFlags, type ScoringSampleFlags } from "../flags/sample-flags.js";
import { describeCounts } from "../print/rows.js";
import { describeRule } from "../print/training-report.js";
import { useRuntime } from "../use-runtime.js";

interface EvaluateFlags extends ScoringSampleFlags, DecisionFlags {
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(evaluate) {
    evaluate
      .argument("<model>", "a file that `hypersphere train` wrote")
      .argument("<data>", "rows with labels, best of both kinds; - for standard input")
      .optionsGroup("Output:")
      .option("--json", "print one JSON object");
    addScoringSampleFlags(evaluate, "column with labels; rows without a label are left out");
    addDecisionFlags(evaluate);
    evaluate.optionsGroup("Scoring:").option(...runtimeFlag);
  },

  async run(command, context) {
    const [modelPath, dataPath] = command.processedArgs as [string, string];
    const flags = command.opts<EvaluateFlags>();
    const { output } = context;
    useRuntime(flags.runtime, context);
    const { model } = await loadModelFile(modelPath);
    await requireLabelColumn(dataPath, model, flags);
    const samples = await openSamples(dataPath, flags, context, { model });
    const { rule, percentile, threshold, operatingPoint } = flags;
    const decision = { rule, percentile, threshold, operatingPoint };
    const scored = await scoreSamples(model, samples, context, {
      ...decision,
      combine: flags.combine,
    });
    const evaluation = evaluateRows(model, await labelledOnly(model, samples, scored, flags, context));
    const about = {
      source: samples.data.source,
      labelColumn: samples.labelColumn,
      labels: labelCounts(samples.labels!),
    };
    if (output.json) output.resultJson({ ...about, ...evaluation });
    else output.result(evaluationText(about, evaluation, ruleText(flags, model.card.threshold)));
    return undefined;
  },
};

/** Scores and labels of the rows that have both, in the order of time where that is known. */
async function labelledOnly(
  model: Model,
  samples: Samples,
  { scores, isAnomaly, threshold }: Scores,
  { combine }: EvaluateFlags,
  { signal }: CliContext,
): Promise<ScoredRows> {
  const rows = labelledRows(samples).filter((row) => !Number.isNaN(scores[row]));
  const { data } = samples;
  const { schema } = model.card;
  const rowSteps = samples.rows === "time-steps" ? kindOf(data).stepOrder(data) : undefined;
  if (rowSteps !== undefined) rows.sort((a, b) => rowSteps[a]! - rowSteps[b]!);
  const labels = Int8Array.from(rows, (row) => samples.labels![row]!);
  // Rows of one class have no ranking to compare.
  const untrained =
    new Set(labels).size > 1 ? await model.untrainedScores(samples, { signal, combine }) : undefined;
  return {
    labels,
    scores: Float32Array.from(rows, (row) => scores[row]!),
    isAnomaly: Uint8Array.from(rows, (row) => isAnomaly[row]!),
    threshold,
    untrained: untrained && Float32Array.from(rows, (row) => untrained[row]!),
    window: rowSteps && kindOfSchema(schema).layout(schema)?.window,
  };
}

function ruleText(
  { rule, percentile, threshold, operatingPoint }: DecisionFlags,
  own: Parameters<typeof describeRule>[0],
): string {
  if (rule !== undefined) return rule;
  if (threshold !== undefined) return "as given";
  if (percentile !== undefined) return `percentile ${percentile} of held-out normals`;
  return operatingPoint ?? `the model's own: ${describeRule(own)}`;
}

function evaluationText(
  { source, labels }: { source: string; labels: LabelCounts },
  { ranking, ranges, decision, untrained, notes }: Evaluation,
  rule: string,
): string {
  const lines = [`${source}: ${describeCounts(labels)}`];
  if (ranking !== null) {
    const { averagePrecision, prevalence, recallAtFalseAlarms } = ranking;
    const figures = [
      ["AUROC", aurocText(ranking)],
      ...(untrained === null
        ? []
        : [
            ["  untrained", `${untrained.auroc.toFixed(4)}  (${gainText(untrained.gain, untrained.pValue)})`],
          ]),
      ["average precision", `${averagePrecision.toFixed(4)}  (${prevalence.toFixed(4)} by chance)`],
      ...(ranges === undefined ? [] : rangeLines(ranges)),
      ["recall at 1 % false alarms", percent(recallAtFalseAlarms["0.01"])],
      ["recall at 5 % false alarms", percent(recallAtFalseAlarms["0.05"])],
    ];
    lines.push("", "Ranking", ...columns(figures).map((line) => `  ${line}`));
    if (untrained !== null) lines.push(`  ${untrained.verdict}`);
  }
  lines.push("", `Decisions above ${figure(decision.threshold)} (${rule})`, ...decisionLines(decision));
  if (notes.length > 0) lines.push("", ...notes.map((note) => `note: ${note}`));
  return lines.join("\n");
}

function rangeLines({ vusRoc, vusPr, window }: RangeRanking): string[][] {
  return [
    ["VUS-ROC", `${vusRoc.toFixed(4)}  (stretches of time, up to ${window} steps early or late)`],
    ["VUS-PR", vusPr.toFixed(4)],
  ];
}

function gainText(gain: number, pValue: number | null): string {
  const p = pValue === null ? "" : pValue < 0.001 ? ", p < 0.001" : `, p = ${pValue.toFixed(3)}`;
  return `training made ${gain < 0 ? "-" : "+"}${Math.abs(gain).toFixed(4)}${p}`;
}

function decisionLines(decision: Decision): string[] {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = decision;
  const cells = [
    ["", "flagged", "not flagged"],
    ["anomalies", String(truePositives), String(falseNegatives)],
    ["normal rows", String(falsePositives), String(trueNegatives)],
  ];
  const { expectedFalseAlarmRate: expected } = decision;
  const promised = expected === null ? "" : `, ${percent(expected)} expected`;
  const figures = columns([
    ["precision", percent(decision.precision)],
    ["recall", percent(decision.recall)],
    ["F1", decision.f1 === null ? "-" : decision.f1.toFixed(4)],
    ["false alarms", `${percent(decision.falseAlarmRate)} of the normal rows${promised}`],
  ]);
  return [...columns(cells, [1, 2]), ...figures].map((line) => `  ${line}`);
}

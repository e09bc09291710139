import type { CliCommand } from "../command.js";
import {
  addDataFlags,
  addDecisionFlags,
  addLabelFlags,
  type DataFlags,
  type DecisionFlags,
  type LabelFlags,
  type RuntimeChoice,
  runtimeFlag,
} from "../data-flags.js";
import { aurocText, type Decision, type Evaluation, evaluateModel } from "../evaluation.js";
import { columns, figure, percent } from "../format.js";
import { describeTally, readLabelledRows, requireLabelColumn, type Tally } from "../labelled-data.js";
import { loadModelFile } from "../model-file.js";
import { describeNotes } from "../schema-notes.js";
import { describeRule } from "../training-report.js";
import { useRuntime } from "../use-runtime.js";

interface EvaluateFlags extends DataFlags, LabelFlags, DecisionFlags {
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(evaluate) {
    evaluate
      .argument("<model>", "a file that `hypersphere train` wrote")
      .argument("<data>", "rows with labels, best of both kinds; - for standard input")
      .optionsGroup("Output:")
      .option("--json", "print one JSON object");
    addLabelFlags(evaluate, "column with labels; rows without a label are left out");
    addDecisionFlags(evaluate);
    addDataFlags(evaluate);
    evaluate.optionsGroup("Scoring:").option(...runtimeFlag);
  },

  async run(command, context) {
    const [modelPath, dataPath] = command.processedArgs as [string, string];
    const flags = command.opts<EvaluateFlags>();
    const { output, signal } = context;
    await requireLabelColumn(dataPath, flags);
    useRuntime(flags.runtime, context);
    const { model } = await loadModelFile(modelPath);
    const { table, labels, labelColumn, tally } = await readLabelledRows(dataPath, model, flags, context);
    const { percentile, threshold, operatingPoint } = flags;
    const { evaluation, schemaNotes } = await evaluateModel(model, table, labels, {
      percentile,
      threshold,
      operatingPoint,
      signal,
      onProgress: (fraction) => output.progress("scoring", fraction),
    });
    output.endProgress();
    for (const sentence of describeNotes(schemaNotes, table.source)) output.warn(sentence);
    const about = { source: table.source, labelColumn, labels: tally };
    if (output.json) output.resultJson({ ...about, ...evaluation });
    else output.result(evaluationText(about, evaluation, ruleText(flags, model.card.threshold)));
    return undefined;
  },
};

function ruleText(
  { percentile, threshold, operatingPoint }: DecisionFlags,
  own: Parameters<typeof describeRule>[0],
): string {
  if (threshold !== undefined) return "as given";
  if (percentile !== undefined) return `percentile ${percentile} of held-out normals`;
  return operatingPoint ?? `the model's own: ${describeRule(own)}`;
}

function evaluationText(
  { source, labels }: { source: string; labels: Tally },
  { ranking, decision, untrained, notes }: Evaluation,
  rule: string,
): string {
  const lines = [`${source}: ${describeTally(labels)}`];
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

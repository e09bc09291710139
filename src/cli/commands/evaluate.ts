import { evaluate } from "../../evaluate/index.js";
import type { CliCommand } from "../command.js";
import { fleetAt } from "../files/fleet-file.js";
import { loadModelFile } from "../files/model-file.js";
import { openSamples } from "../files/open-samples.js";
import { requireLabelColumn, warnOfDifferences } from "../files/score-samples.js";
import {
  addDecisionFlags,
  type DecisionFlags,
  type RuntimeChoice,
  runtimeFlag,
} from "../flags/data-flags.js";
import { addScoringSampleFlags, type ScoringSampleFlags } from "../flags/sample-flags.js";
import { evaluationText } from "../print/evaluation.js";
import { describeRule } from "../print/training-report.js";
import { useScoringRuntime } from "../use-runtime.js";

interface EvaluateFlags extends ScoringSampleFlags, DecisionFlags {
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(command) {
    command
      .argument("<model>", "a file that `hypersphere train` wrote, of a model or of a fleet")
      .argument("<data>", "rows with labels, best of both kinds; - for standard input")
      .optionsGroup("Output:")
      .option("--json", "print one JSON object");
    addScoringSampleFlags(command, "column with labels; rows without a label are left out");
    addDecisionFlags(command);
    command.optionsGroup("Scoring:").option(...runtimeFlag);
  },

  async run(command, context) {
    const [modelPath, dataPath] = command.processedArgs as [string, string];
    const flags = command.opts<EvaluateFlags>();
    const { output, signal } = context;
    useScoringRuntime(flags.runtime, context);
    const fleet = await fleetAt(modelPath);
    if (fleet !== undefined) {
      const { evaluateFleetCommand } = await import("../fleet/evaluate-fleet.js");
      return evaluateFleetCommand(fleet, dataPath, flags, context);
    }
    const { model } = await loadModelFile(modelPath);
    await requireLabelColumn(dataPath, model, flags);
    const samples = await openSamples(dataPath, flags, context, { model });
    const { rule, percentile, threshold, operatingPoint, combine } = flags;
    const evaluation = await evaluate(model, samples, {
      ...{ rule, percentile, threshold, operatingPoint, combine },
      signal,
      onProgress: (fraction) => output.progress("scoring", fraction),
    });
    output.endProgress();
    warnOfDifferences(evaluation.differences, samples, output);
    const { labelColumn, data } = samples;
    if (output.json) {
      const { counts, differences: _, ...figures } = evaluation;
      output.resultJson({ source: data.source, labelColumn, labels: counts, ...figures });
    } else output.result(evaluationText(data.source, evaluation, ruleText(flags, model.card.threshold)));
    return undefined;
  },
};

function ruleText(
  { rule, percentile, threshold, operatingPoint }: DecisionFlags,
  own: Parameters<typeof describeRule>[0],
): string {
  if (rule !== undefined) return rule;
  if (threshold !== undefined) return "as given";
  if (percentile !== undefined) return `percentile ${percentile} of held-out normals`;
  return operatingPoint ?? `the model's own: ${describeRule(own)}`;
}

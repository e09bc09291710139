import { kindOfSchema } from "../features/index.js";
import { ruleOf, type Threshold, thresholdRules } from "../scoring/index.js";
import { count, counted, percent } from "../text/format.js";
import { calibratedInFolds, type ModelCard } from "./card.js";

const ROWS = { one: "row", many: "rows" };

/** What a threshold of a model promises and what not, in full sentences. */
export function describePromise(
  threshold: Threshold,
  card: Pick<ModelCard, "options" | "contamination" | "adapted"> & Partial<Pick<ModelCard, "schema">>,
): string {
  const { options, contamination, adapted, schema } = card;
  const { one, many } = schema === undefined ? ROWS : kindOfSchema(schema).noun;
  const { method, parameters, calibrationSize, diagnostics = {} } = threshold;
  const made = ruleOf(threshold);
  const rule = made && thresholdRules[made.name];
  if (rule?.needs === "labels") {
    const found = `of which it finds ${percent(diagnostics["recall"])} of the anomalies and flags ${percent(diagnostics["falseAlarmRate"])} of the normal ${many}`;
    return `Learned from ${counted(calibrationSize, `labelled ${one}`, `labelled ${many}`)}, ${found}; others may fare differently.`;
  }
  if (method === "contamination") {
    const sample = `${many} like the ${count(calibrationSize)} it was set on`;
    return `Flags about ${percent(parameters["rate"])} of ${sample}, whether or not they are anomalies.`;
  }
  const guarantee = rule?.guarantee?.(threshold, many);
  const folds = calibratedInFolds(card);
  const alike = windowsAlike(card);
  const sentences = [guarantee === undefined || folds || alike ? estimated(threshold, many) : guarantee];
  if (guarantee !== undefined && folds) {
    sentences.push(
      `The guarantee is one of calibration on ${many} held out; in folds it is usually kept to.`,
    );
  }
  if (guarantee !== undefined && alike) {
    sentences.push(
      "Windows of a series resemble their neighbours, which no guarantee of this rule allows for.",
    );
  } else if (guarantee !== undefined && Number(options["calibrationBlock"] ?? 1) > 1) {
    sentences.push("Rows of a series resemble their neighbours, which this rule does not allow for.");
  }
  if (contamination !== undefined && contamination.trimmed > 0 && adapted === undefined) {
    sentences.push(
      `Some ${many} were trimmed before: up to ${percent(contamination.extraFalseAlarmsAtMost)} more of the normal ones may be flagged.`,
    );
  }
  return sentences.join(" ");
}

/** Whether what calibrates are windows that share time steps, however many of them there are. */
function windowsAlike({ schema, adapted }: Parameters<typeof describePromise>[1]): boolean {
  const layout = schema && kindOfSchema(schema).layout(schema);
  return adapted !== undefined || (layout !== undefined && layout.stride < layout.window);
}

function estimated({ calibrationSize: n, expectedFalseAlarmRate: rate }: Threshold, many: string): string {
  return `An estimate, not a guarantee: about ${percent(rate)} of normal ${many} like the ${count(n)} it was calibrated on are flagged.`;
}

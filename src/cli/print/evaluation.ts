import type { Decision, Evaluation, PixelEvaluation, RangeRanking, Ranking } from "../../evaluate/index.js";
import { AUPRO_CHANCE } from "../../metrics/index.js";
import { columns, figure, percent } from "../../text/format.js";
import { describeCounts } from "./rows.js";

/** @param rule what the threshold comes from */
export function evaluationText(
  source: string,
  { ranking, ranges, pixels, decision, untrained, counts, notes }: Evaluation,
  rule: string,
): string {
  const lines = [`${source}: ${describeCounts(counts)}`];
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
  if (pixels !== undefined) lines.push("", ...pixelLines(pixels));
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

function pixelLines(pixels: PixelEvaluation): string[] {
  const { height, width, untrained, averagePrecision, prevalence, aupro, iou, regions, regionsFound } =
    pixels;
  const before = (name: "auroc" | "averagePrecision" | "aupro"): string[][] =>
    untrained === null ? [] : [["  untrained", untrained[name].toFixed(4)]];
  const figures = [
    ["AUROC", pixels.auroc.toFixed(4)],
    ...before("auroc"),
    ["average precision", `${averagePrecision.toFixed(4)}  (${prevalence.toFixed(4)} by chance)`],
    ...before("averagePrecision"),
    ["AUPRO", `${aupro.toFixed(4)}  (to 30 % false positives; ${AUPRO_CHANCE} by chance)`],
    ...before("aupro"),
    ["IoU at the threshold", iou.toFixed(4)],
    ["defects found", `${regionsFound} of ${regions} have a pixel above the threshold`],
  ];
  return [
    `Pixels, in maps of ${height} x ${width} (height x width)`,
    ...columns(figures).map((line) => `  ${line}`),
    ...(pixels.exact ? [] : ["  Too many pixels to rank one by one: scores within 0.05 % count as tied."]),
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

/** "0.934 (95 % interval 0.901 to 0.957)". */
function aurocText({ auroc, aurocInterval }: Ranking): string {
  const value = auroc.toFixed(4);
  if (aurocInterval === undefined) return value;
  const { level, lower, upper, method } = aurocInterval;
  const how = method === "logit-delong" ? "DeLong" : "exact separation";
  return `${value}  (${percent(level).replace(".0", "")} interval ${lower.toFixed(4)} to ${upper.toFixed(4)}, ${how})`;
}

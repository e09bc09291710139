import type { RowNames } from "../../data/index.js";
import type { Contribution, ExplainMethod, Explanation, Explanations } from "../../explain/index.js";
import { count, counted, figure, shortFloat32 } from "../../text/format.js";
import { rowTable } from "../row-table.js";
import { element, escapeText } from "../svg.js";
import { changeText, featureText, rangeText, valueText } from "./explanation-rows.js";
import { EXPLANATION_STYLE } from "./explanation-style.js";

export interface ExplanationPage {
  readonly explanations: Explanations;
  /** What a person calls the explained observations. */
  readonly names: RowNames;
  /** Where the data came from, and what scored it. */
  readonly source: string;
  readonly detector: string;
  /** A row of the background as a person calls it. */
  readonly normalName: (row: number) => string;
  /** What the rows are: rows, windows or images. */
  readonly noun: { readonly one: string; readonly many: string };
}

/** Rows that the page shows at most, the worst. */
const MOST_ROWS = 200;

const HOW: Readonly<Record<ExplainMethod, string>> = {
  exact: "by the terms that the score is a sum of",
  gradients: "by the score's derivatives on the way from the nearest normal ones (integrated gradients)",
  nearest: "beside the nearest normal ones, part by part",
  shapley: "beside normal ones, in random orders of its parts (Shapley values by sampling)",
};

/** One self-contained HTML page without a script: why each row is abnormal, worst first. Readable in print and without colour. */
export function explanationPage(page: ExplanationPage): string {
  const { explanations, source, detector, noun } = page;
  const { rows, rowCount, threshold, background, method } = explanations;
  const shown = rows.slice(0, MOST_ROWS);
  const flagged = rows.filter(({ isAnomaly }) => isAnomaly).length;
  const compared = {
    given: `${counted(background.rows, noun.one, noun.many)} of ${background.source}`,
    kept: `${counted(background.rows, noun.one, noun.many)} of training that the model keeps`,
    data: `${counted(background.rows, noun.one, noun.many)} of the data that the model takes for normal`,
    reconstructions: `what the model's decoder makes of each ${noun.one}`,
    none: `the ${noun.many} of training`,
  }[background.kind];
  const body = [
    `<header><h1>Why is it abnormal</h1><p>${escapeText(source)}: ${counted(rows.length, noun.one, noun.many)} of ${count(rowCount)} explained, ${count(flagged)} of them above the threshold ${figure(shortFloat32(threshold))}. Scored by ${escapeText(detector)}.</p>`,
    `<p>Compared with ${escapeText(compared)}. A bar says how much a part adds to the score (to the right, filled) or takes from it (to the left, hatched), ${HOW[method]}; with the baseline and the rest all bars add up to the score.</p>`,
    ...explanations.warnings.map((text) => `<p><b>Note:</b> ${escapeText(text)}</p>`),
    ...(shown.length < rows.length ? [`<p>The page shows the ${count(shown.length)} worst.</p>`] : []),
    "</header><main>",
    rows.length === 0 ? "<p>Nothing is flagged.</p>" : "",
    ...shown.map((row) => section(row, page)),
    "</main>",
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeText(source)}: why is it abnormal</title><style>${EXPLANATION_STYLE}</style></head>
<body>${HATCH}${body.join("\n")}</body></html>
`;
}

function section(row: Explanation, { names, normalName, explanations }: ExplanationPage): string {
  const { score, pValue, isAnomaly, baseline, rest, contributions, nearest, counterfactual } = row;
  const name = names
    .of(row.row)
    .map((value, k) => `${names.columns[k]} ${value ?? "-"}`)
    .join(", ");
  const most =
    Math.max(...contributions.map(({ contribution }) => Math.abs(contribution)), Math.abs(rest)) || 1;
  const beside = contributions.some((each) => each.nearest !== undefined);
  const lines = contributions.map((each) => line(each, most, beside));
  const { kind } = explanations.background;
  const other = kind === "reconstructions" ? "Reconstruction" : "Nearest normal";
  const change = changeText(counterfactual);
  return [
    `<section><h2>${escapeText(name)}</h2>`,
    `<p>Score ${figure(shortFloat32(score))}, p-value ${figure(shortFloat32(pValue))}: ${isAnomaly ? "<b>above</b>" : "not above"} the threshold ${figure(shortFloat32(explanations.threshold))}. Baseline ${figure(baseline)}, rest ${figure(rest)}.</p>`,
    rowTable(["Part", "Contribution", "", "Value", "Normal", ...(beside ? [other] : [])], lines),
    change === undefined
      ? ""
      : counterfactual === null
        ? "<p>No change of a few columns was found that makes it normal.</p>"
        : `<p>It would be normal with <b>${escapeText(change)}</b> (score ${figure(shortFloat32(counterfactual!.score))}).</p>`,
    nearest.length === 0
      ? ""
      : kind === "reconstructions"
        ? `<p class="faint">The decoder's answer to it, at a distance of ${figure(nearest[0]!.distance, 3)}, is normal to the model.</p>`
        : `<p class="faint">Nearest normal: ${nearest.map((each) => `${escapeText(normalName(each.row))} (distance ${figure(each.distance, 3)})`).join(", ")}.</p>`,
    "</section>",
  ].join("\n");
}

function line(each: Contribution, most: number, beside: boolean): string[] {
  const { contribution, error, value, normal, nearest } = each;
  const text = `${figure(contribution)}${error === undefined ? "" : ` ± ${figure(error, 2)}`}`;
  const texts = [valueText(value), rangeText(normal), ...(beside ? [valueText(nearest ?? null)] : [])];
  return [...[featureText(each), text].map(escapeText), bar(contribution / most), ...texts.map(escapeText)];
}

const WIDTH = 200;

/** @param share of the longest bar, from -1 to 1 */
function bar(share: number): string {
  const length = (Math.abs(share) * WIDTH) / 2;
  return element(
    "svg",
    { class: "bar", width: WIDTH, height: 14, "aria-hidden": "true" },
    element("line", { x1: WIDTH / 2, x2: WIDTH / 2, y1: 0, y2: 14, class: "axis" }),
    element("rect", {
      x: share < 0 ? WIDTH / 2 - length : WIDTH / 2,
      y: 2,
      width: length,
      height: 10,
      class: share < 0 ? "less" : "more",
    }),
  );
}

/** What takes from the score is hatched, so that prints without colour can be read too. */
const HATCH = element(
  "svg",
  { width: 0, height: 0, "aria-hidden": "true", class: "hidden" },
  element(
    "pattern",
    { id: "less", width: 4, height: 4, patternUnits: "userSpaceOnUse" },
    element("path", { d: "M0 4L4 0", class: "hatch" }),
  ),
);

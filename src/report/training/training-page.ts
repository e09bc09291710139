import type { Advice, ShownRow, TrainingReport } from "../../learned/index.js";
import { describePromise, type ModelCard } from "../../model/index.js";
import { ruleOf, ruleText, type Threshold } from "../../scoring/index.js";
import { count, counted, figure, percent, shortFloat32 } from "../../text/format.js";
import { rowTable } from "../row-table.js";
import { escapeText } from "../svg.js";
import { figureOf, paragraph, section } from "./blocks.js";
import { curveSections } from "./curve-sections.js";
import { pictureOf, reconstructionOf } from "./pictures.js";
import { latentChart, rankScatter } from "./scatter-chart.js";
import { scoreChart } from "./score-chart.js";
import { HATCH, TRAINING_STYLE } from "./training-style.js";

export interface TrainingPageOptions {
  /** Puts texts into other words, such as the names of options into those of flags; by default they stay as they are. */
  readonly words?: ((text: string) => string) | undefined;
}

/** One self-contained HTML page without a script: what a model learned. Readable in print and without colour. */
export async function trainingPage(
  report: TrainingReport,
  { words = (text) => text }: TrainingPageOptions = {},
): Promise<string> {
  const { card, source, noun, left } = report;
  const { data } = card;
  const about = source === undefined ? "" : ` The rows on this page are of ${source}.`;
  const body = [
    `<header><h1>What the model learned</h1><p>${escapeText(card.detector)}, trained on ${count(data.train)} of ${counted(data.rows, noun.one, noun.many)}; ${count(data.calibration)} held out to set its threshold.${escapeText(about)}</p>`,
    "<p>A score says how abnormal a row is: higher is more abnormal, and its unit is the detector's own.</p></header><main>",
    adviceSection(report.advice, words),
    scoreSection(report),
    controlSection(report),
    curveSections(report),
    latentSection(report),
    await reconstructionSection(report),
    await centreSection(report),
    await rowSection(report),
    left.length === 0
      ? ""
      : section(
          "Not on this page",
          `<dl>${left.map(({ what, why }) => `<dt>${escapeText(what)}</dt><dd>${escapeText(words(why))}</dd>`).join("")}</dl>`,
        ),
    madeSection(card),
    "</main>",
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeText(card.detector)}: what the model learned</title><style>${TRAINING_STYLE}</style></head>
<body>${HATCH}${body.filter((part) => part !== "").join("\n")}</body></html>
`;
}

function adviceSection(advice: readonly Advice[], words: (text: string) => string): string {
  if (advice.length === 0) return section("What to know", paragraph("Nothing odd was seen in the training."));
  const items = advice.map(
    ({ weight, what, todo }) =>
      `<li class="${weight}"><b>${weight === "warning" ? "Warning" : "Note"}: ${escapeText(words(what))}</b> ${escapeText(words(todo))}</li>`,
  );
  return section("What to know, and what to do", `<ul class="advice">${items.join("")}</ul>`);
}

const letterOf = (k: number): string => String.fromCharCode(65 + (k % 26));

function scoreSection({ card, scores, noun }: TrainingReport): string {
  const { bins, upper, heldOut, operatingPoints } = scores;
  const above = upper === undefined ? "" : `${counted(upper.rows, noun.one, noun.many)}: ${upper.what}`;
  const below = `${counted(heldOut.rows, "score")} of ${noun.many} held out`;
  const marks = operatingPoints.map(({ threshold }, k) => ({ letter: letterOf(k), threshold }));
  const caption = [
    upper === undefined ? "" : `Above the line (plain) ${above}, typically ${figure(upper.median, 3)};`,
    `${upper === undefined ? "Hatched" : "below it (hatched)"} ${below}, which nothing was learned from, typically ${figure(heldOut.median, 3)}.`,
    "Each half has a scale of its own. Dashed lines are thresholds: what lies to the right of one is an alarm.",
  ];
  const points: readonly (readonly [string, Threshold])[] = [
    ["in force", card.threshold],
    ...Object.entries(card.operatingPoints),
  ];
  const lines = points.map(([name, threshold], k) => {
    const rule = ruleOf(threshold);
    const rate = threshold.expectedFalseAlarmRate;
    return [
      letterOf(k),
      name,
      figure(threshold.threshold),
      rule === undefined ? threshold.method : ruleText(rule),
      rate === undefined ? "-" : percent(rate),
      describePromise(threshold, card),
    ];
  });
  return section(
    "Scores and thresholds",
    paragraph("Normal rows to come should score as the rows held out do."),
    figureOf(
      scoreChart("Scores of normal rows", bins, { above, below, marks }),
      caption.filter(Boolean).join(" "),
    ),
    rowTable(
      ["", "Operating point", "Threshold", "Rule", "False alarms", "What that promises"],
      lines.map((line) => line.map(escapeText)),
    ),
  );
}

function controlSection({ control, scores, card, noun }: TrainingReport): string {
  if (control === undefined) return "";
  const { agreement, bins, ranks } = control;
  const meaning =
    agreement === null
      ? "How alike both orders are is not known."
      : `Rank correlation of ${agreement.toFixed(2)}: training ${agreement > 0.95 ? "changed little" : agreement > 0.7 ? "changed the order of some rows" : "changed the order of many rows"}.`;
  const charts = [
    bins === undefined
      ? ""
      : figureOf(
          scoreChart("Before training", bins, { above: "rows learned from", below: "rows held out" }),
          "The same histogram for the networks with their random weights. Compare it with the one above.",
        ),
    ranks === undefined
      ? ""
      : figureOf(
          rankScatter(`The same ${noun.many} before and after`, ranks.before, ranks.after),
          `Each ring is one of the ${noun.many} held out. On the diagonal nothing has changed; far from it training has changed its mind.`,
        ),
  ].filter(Boolean);
  return section(
    "Was training worth it",
    paragraph(
      `The control is ${card.detector} with the same networks, not yet trained: a model that does no better than that has learned nothing. ${meaning}`,
    ),
    charts.length === 0
      ? ""
      : `<div class="charts">${[figureOf(scoreChart("After training", scores.bins, { above: "rows learned from", below: "rows held out" }), "Scores of the trained model, as above."), ...charts].join("")}</div>`,
  );
}

function latentSection({ latent, noun }: TrainingReport): string {
  const [first] = latent;
  if (first === undefined) return "";
  const centre =
    first.centre === undefined ? "" : " The plus is the centre, from which distances are measured.";
  return section(
    "The latent space",
    paragraph(
      `What the model makes of ${noun.many}, in the two directions in which they vary most (principal components): a shadow of ${counted(first.dimensions, "dimension")}, in which ${noun.many} far from each other may look near. Rings are ${first.what}, crosses those above the threshold.${centre}`,
    ),
    `<div class="charts">${latent
      .map((picture) =>
        figureOf(
          latentChart(picture.name === "" ? "Latent space" : `Latent space, ${picture.name}`, picture),
          `${count(picture.x.length)} ${noun.many}; both directions hold ${percent(picture.shares[0] + picture.shares[1])} of the variance.`,
        ),
      )
      .join("")}</div>`,
  );
}

/** Columns that a page has room for. */
const MOST_COLUMNS = 30;

async function reconstructionSection({ reconstructions, noun }: TrainingReport): Promise<string> {
  if (reconstructions === undefined) return "";
  const { what, pairs, columns, rows } = reconstructions;
  const [image] = pairs.map(({ given }) => given.kind === "image");
  const how =
    image === undefined
      ? ""
      : image
        ? "From left to right: what the network is given, what it makes of it, and the difference (white is large). Worst first."
        : "The line is what the network is given, the dashes what it makes of it. Worst first.";
  const shown = columns.slice(0, MOST_COLUMNS);
  const most = Math.max(...shown.map(({ error }) => error)) || 1;
  const lines = shown.map(({ name, error, explained }) => [
    escapeText(name),
    figure(error, 3),
    bar(error / most),
    percent(Math.max(-9.99, explained)),
  ]);
  return section(
    "What the model reproduces",
    paragraph(
      `By ${what}, of ${noun.many} that were held out. What it reproduces it has understood; columns and places that it cannot reproduce are noise to it.`,
    ),
    pairs.length === 0
      ? ""
      : `${paragraph(how)}<div class="pictures">${(await Promise.all(pairs.map(reconstructionOf))).join("")}</div>`,
    lines.length === 0
      ? ""
      : rowTable(
          ["Column", "Left over", "", "Explained"],
          lines,
          `Means over ${counted(rows, noun.one, noun.many)}, in units of the scaled columns (1 is about a standard deviation)${shown.length < columns.length ? `; the ${shown.length} worst of ${count(columns.length)}` : ""}. Explained is the share of the column's variance; at 0 % or below its mean would do as well.`,
        ),
  );
}

const bar = (share: number): string =>
  `<svg class="bar" width="160" height="12" aria-hidden="true"><rect x="0" y="1" width="${Math.round(160 * share)}" height="10"/></svg>`;

async function centreSection({ centre, noun }: TrainingReport): Promise<string> {
  if (centre === undefined) return "";
  return section(
    "The middle of normal",
    paragraph(
      `The decoder's picture of the centre, at the end of pretraining: what the network takes for the most ordinary of all ${noun.many}. It should look like one of yours, if a blurred one.`,
    ),
    `<div class="pictures"><figure>${await pictureOf(centre, "the centre")}</figure></div>`,
  );
}

async function rowSection({ rows, noun, source, card }: TrainingReport): Promise<string> {
  if (rows === undefined) return "";
  const block = async (title: string, text: string, list: readonly ShownRow[]): Promise<string> =>
    `<h3>${escapeText(title)}</h3>${paragraph(text)}${await rowList(list)}`;
  return section(
    `The least and the most normal ${noun.many}`,
    await block(
      "Least normal",
      `Look at these first. Where one is a fault, train without it (or with --robust); where all are fine, the threshold ${figure(shortFloat32(card.threshold.threshold))} is what keeps them from being alarms, or does not.`,
      rows.least,
    ),
    await block(
      "Most normal",
      `What the model takes for the most ordinary ${noun.many} of ${source}.`,
      rows.most,
    ),
  );
}

async function rowList(list: readonly ShownRow[]): Promise<string> {
  const facts = ({ score, pValue, flagged }: ShownRow): string =>
    `${figure(shortFloat32(score))}, p ${figure(shortFloat32(pValue), 2)}${flagged ? ', <span class="flag">above the threshold</span>' : ""}`;
  const [first] = list;
  if (first !== undefined && first.picture.kind !== "values") {
    const figures = await Promise.all(
      list.map(
        async (row) =>
          `<figure>${await pictureOf(row.picture, row.name)}<figcaption>${[escapeText(row.name), `score ${facts(row)}`, row.part === undefined ? "" : `used for ${row.part}`].filter(Boolean).join("<br>")}</figcaption></figure>`,
      ),
    );
    return `<div class="pictures">${figures.join("")}</div>`;
  }
  const parts = list.some(({ part }) => part !== undefined);
  const lines = await Promise.all(
    list.map(async (row) => [
      ...[escapeText(row.name), facts(row)],
      ...(parts ? [row.part ?? ""] : []),
      await pictureOf(row.picture, row.name),
    ]),
  );
  const columns = ["Row", "Score", ...(parts ? ["Used for"] : []), "Values furthest from the usual"];
  return rowTable(columns, lines);
}

function madeSection({ versions, options, data }: ModelCard): string {
  const settings = Object.entries(options)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(", ");
  return section(
    "How it was made",
    `<dl><dt>By</dt><dd>${escapeText(`hypersphere ${versions.hypersphere}, ONNX Runtime ${versions.onnxruntime} (${versions.runtime})`)}</dd><dt>Data</dt><dd>SHA-256 ${escapeText(data.fingerprint)}</dd><dt>Options</dt><dd>${escapeText(settings)}</dd></dl>`,
  );
}

import type { TrainingCurve, TrainingReport } from "../../learned/index.js";
import type { ModelCard } from "../../model/index.js";
import { count } from "../../text/format.js";
import { figureOf, paragraph, section } from "./blocks.js";
import { readingChart, stageChart } from "./stage-chart.js";

/** What stages are called on a page, and what their curves are of. */
const STAGES: Readonly<
  Record<string, { readonly title: string; readonly what: string; readonly unit: string }>
> = {
  pretraining: {
    title: "Pretraining",
    what: "An autoencoder learns to reproduce rows through a bottleneck: the curve says how badly it does.",
    unit: "reconstruction error",
  },
  compactness: {
    title: "Compactness training",
    what: "The network draws normal rows towards its centre. That is meant to stop early: in the end every row would lie in it.",
    unit: "objective",
  },
  training: { title: "Training", what: "What the detector makes small.", unit: "loss" },
};
/** The same where pretraining took no decoder. */
const BY_TRANSFORMS = {
  title: "Pretraining",
  what: "The network learns to tell how images were turned and moved: the curve is the loss of that.",
  unit: "loss",
};
/** The spread of the latent space below which rows can no longer be told apart, as a share of that at the start. */
const COLLAPSED = 0.01;

/** The curves of a training, a chart for each stage with a pair of lines for each network. */
export function curveSections({ curves, card }: Pick<TrainingReport, "curves" | "card">): string {
  if (curves.length === 0) return "";
  const stages = [...new Set(curves.map(({ stage }) => stage))];
  const charts = stages.flatMap((stage) => {
    const own = curves.filter((curve) => curve.stage === stage);
    const { title, what, unit } = stageOf(stage, card) ?? {
      title: capitalised(stage),
      what: "",
      unit: "loss",
    };
    const readings = [
      ...new Set(own.flatMap(({ points }) => points.flatMap((point) => Object.keys(point.readings ?? {})))),
    ];
    return [
      figureOf(stageChart(title, unit, own), [what, endsOf(own)].filter(Boolean).join(" ")),
      ...readings.map((name) => readingFigure(name, own)),
    ];
  });
  return section(
    "How the training went",
    paragraph(
      "Solid lines are rows that were held out, dashes those that were learned from; a dot marks the state that was kept, a cross a collapse, after which training goes back to its last healthy state. Numbers tell networks of an ensemble apart.",
    ),
    `<div class="charts">${charts.join("")}</div>`,
  );
}

const stageOf = (stage: string, { options }: ModelCard) =>
  stage === "pretraining" && options["pretraining"] === "transforms" ? BY_TRANSFORMS : STAGES[stage];

function readingFigure(name: string, curves: readonly TrainingCurve[]): string {
  if (name === "spread") {
    return figureOf(
      readingChart("Spread of the latent space", "share of the start", name, curves, COLLAPSED),
      "How far apart rows lie, as a share of that at the start. Below the dashed line all rows are the same to the network: a collapse.",
    );
  }
  return figureOf(
    readingChart(capitalised(name), name, name, curves),
    "The radius of the sphere that is to hold nearly all normal rows, in units of the latent space; it is 0 until it is first set.",
  );
}

/** How the stages ended, each way once. */
function endsOf(curves: readonly TrainingCurve[]): string {
  const ways = [...new Set(curves.map(({ ended }) => ended))];
  return ways
    .map((way) => {
      const own = curves.filter(({ ended }) => ended === way);
      const { unit } = own[0]!;
      const who = curves.length === 1 ? "It" : `${count(own.length)} of ${count(curves.length)}`;
      const signs = [...new Set(own.flatMap((curve) => curve.signs))];
      return `${who} ${ENDS[way](unit)}${signs.length > 0 ? ` (${signs.join("; ")})` : ""}.`;
    })
    .join(" ");
}

const ENDS: Readonly<Record<TrainingCurve["ended"], (unit: TrainingCurve["unit"]) => string>> = {
  "all epochs": (unit) => `ended with the last ${unit}`,
  "no improvement": () => "ended when rows held out got no better",
  overfitting: () => "ended when training rows came much nearer than rows held out, or near enough",
  collapse: () => "ended in a collapse",
  "left out": () => "did not take place",
};

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

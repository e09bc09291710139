import { settingText, type Tuning } from "../evaluate/tune/index.js";
import { figure, page, settingList, table } from "./page.js";
import { parallelPlot } from "./parallel-plot.js";
import { element, escapeText, linearScale } from "./svg.js";

export interface TuningReport {
  readonly tuning: Tuning;
  /** Where the data came from. */
  readonly source: string;
  /** How it was made; shown as it is. */
  readonly settings: Readonly<Record<string, string>>;
  /** What was found, as a sentence. */
  readonly answer: string;
}

/** One self-contained HTML page of a search: no script, no file beside it, readable in print and without colour. */
export function tuningReport({ tuning, source, settings, answer }: TuningReport): string {
  const { detector, objective, options, trials, importance, notes, space, best } = tuning;
  // What was measured with a share of the steps has another scale.
  const whole = trials.filter(({ share }) => share === undefined);
  const failed = trials.filter(({ error }) => error !== undefined);
  return page(`${source}: settings of ${detector}`, [
    `<h1>Which settings of ${escapeText(detector)}?</h1>`,
    `<p class="verdict">${escapeText(answer)}</p>`,
    `<p>${escapeText(source)}: ${trials.length} trials, each measured by ${escapeText(objective)}, from 0 to 1; higher is better.</p>`,
    ...notes.map((note) => `<p><b>Note:</b> ${escapeText(note)}</p>`),
    "<h2>The answer</h2>",
    settingList(
      Object.fromEntries(Object.entries(options).map(([name, value]) => [name, JSON.stringify(value)])),
    ),
    importance === null ? "" : `<h2>What decides</h2>${importanceFigure(importance)}`,
    "<h2>Options and values</h2>",
    `<div class="scroll">${figure(
      parallelPlot(space, whole, objective, best.number),
      `One line per trial${whole.length < trials.length ? " in full" : ""}. Thick and black: the best; dashed: the defaults; blue and a little thicker: the best quarter. A line that passes below an axis has no such option, or one outside of what is searched.`,
    )}</div>`,
    "<h2>Trials</h2>",
    trialTable(tuning),
    failed.length === 0
      ? ""
      : `<h2>Failures</h2>${table(
          ["Trial", "Options", "Error"],
          failed.map(({ number, point, error }) => [String(number), settingText(point), error!]),
          "Trials without a value; the search counts them as worse than all others.",
        )}`,
    "<h2>How this was measured</h2>",
    settingList(settings),
  ]);
}

function trialTable({ trials, best, objective }: Tuning): string {
  const parts = Object.keys(best.parts!).filter((name) => name !== objective);
  const halved = trials.some(({ share }) => share !== undefined);
  const lines = trials
    .filter((trial) => trial.value !== undefined)
    .sort((a, b) => b.value! - a.value! || a.number - b.number)
    .map(({ number, point, share, value, parts: own }) => [
      String(number),
      number === 0 ? `defaults: ${settingText(point)}` : settingText(point),
      ...(halved ? [share === undefined ? "all" : `1/${Math.round(1 / share)}`] : []),
      value!.toFixed(4),
      ...parts.map((name) => own![name]!.toFixed(4)),
    ]);
  return table(
    ["Trial", "Options", ...(halved ? ["Share of steps"] : []), objective, ...parts],
    lines,
    "Means over the splits, best first.",
  );
}

/** Bars, the most important option first. */
function importanceFigure(importance: Readonly<Record<string, number>>): string {
  const rows = Object.entries(importance).sort(([, a], [, b]) => b - a);
  const x = linearScale([0, 1], [0, 420]);
  const bars = rows.map(([name, share], k) => {
    const y = 4 + k * 20;
    return [
      element("text", { x: 150, y: y + 12, "text-anchor": "end" }, escapeText(name)),
      element("rect", { x: 158, y, width: Math.max(1, x(share)), height: 14, fill: "#444" }),
      element("text", { x: 164 + x(share), y: y + 12 }, share.toFixed(2)),
    ].join("");
  });
  const height = 8 + rows.length * 20;
  return figure(
    element(
      "svg",
      {
        viewBox: `0 0 640 ${height}`,
        width: 640,
        height,
        class: "chart wide",
        role: "img",
        "aria-label": "Importance of options",
      },
      ...bars,
    ),
    "Permutation importance: how much worse a forest of regression trees predicts the values of trials when an option's values are permuted; together 1.",
  );
}

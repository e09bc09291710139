import {
  type GoodRow,
  type JobRow,
  type Recommendation,
  recommend,
  succeeded,
  summarize,
} from "../evaluate/compare/index.js";
import { curveChart } from "./curve-chart.js";
import { hatchPattern, histogramChart } from "./histogram-chart.js";
import { figure, page, settingList, table } from "./page.js";
import { rankChart } from "./rank-chart.js";
import { type SeriesStyle, seriesStyle } from "./series-style.js";
import { element, escapeText } from "./svg.js";

export interface ComparisonReport {
  readonly rows: readonly JobRow[];
  /** How it was made: protocol, seeds, caps, versions; shown as it is. */
  readonly settings: Readonly<Record<string, string>>;
}

/** One self-contained HTML page: no script, no file beside it, readable in print and without colour. */
export function comparisonReport({ rows, settings }: ComparisonReport): string {
  const summary = summarize(rows);
  const recommendation = recommend(summary);
  const names = summary.detectors.map(({ detector }) => detector);
  const styles = new Map(names.map((name, k) => [name, seriesStyle(k)]));
  // Runs end in any order; a report reads the same however many ran side by side.
  const good = rows.filter(succeeded).sort((a, b) => a.seed - b.seed);
  const datasets = [...new Set(rows.map(({ dataset }) => dataset))];
  const ranked = summary.detectors
    .filter(({ rank }) => Number.isFinite(rank))
    .map(({ detector, rank }) => ({ name: detector, rank }));
  const body = [
    hatchPattern,
    "<h1>Which detector for this data?</h1>",
    verdict(recommendation),
    ...summary.notes.map((note) => `<p><b>Note:</b> ${escapeText(note)}</p>`),
    legend(styles),
    "<h2>Over all data sets</h2>",
    overallTable(summary, styles),
    summary.criticalDifference !== undefined && summary.common.length > 1
      ? figure(
          rankChart(ranked, summary.criticalDifference),
          "Mean ranks by AUROC, best on the left. Detectors joined by a bar do not differ significantly (Nemenyi test, 5 %).",
        )
      : "",
    datasets.length > 1 ? `<h2>AUROC by data set</h2>${datasetTable(datasets, names, good)}` : "",
    ...datasets.map((dataset) => datasetSection(dataset, names, good, styles)),
    summary.failures.length > 0 ? failureTable(summary.failures) : "",
    "<h2>How this was measured</h2>",
    settingList(settings),
  ];
  return page("hypersphere comparison", body);
}

function verdict({ sentences }: Recommendation): string {
  const [first, ...rest] = sentences;
  return `<p class="verdict">${escapeText(first!)}</p><p>${rest.map(escapeText).join(" ")}</p>`;
}

function legend(styles: ReadonlyMap<string, SeriesStyle>): string {
  const items = [...styles].map(([name, { letter, colour, dash }]) => {
    const line = element("line", {
      x1: 0,
      x2: 44,
      y1: 8,
      y2: 8,
      stroke: colour,
      "stroke-width": 2,
      "stroke-dasharray": dash,
    });
    const sample = element("svg", { width: 46, height: 16, "aria-hidden": "true" }, line);
    return `<li>${sample} <b>${letter}</b> ${escapeText(name)}</li>`;
  });
  return `<ul class="legend">${items.join("")}</ul>`;
}

function overallTable(
  { detectors, common }: ReturnType<typeof summarize>,
  styles: ReadonlyMap<string, SeriesStyle>,
): string {
  const masked = detectors.some((row) => row.pixelAuroc !== null);
  const head = [
    "",
    "Detector",
    "Mean AUROC",
    "Between seeds (s.d.)",
    "Mean rank",
    "Average precision",
    "Untrained AUROC",
    ...(masked ? ["Pixel AUROC", "Pixel AP", "AUPRO"] : []),
    "Fit, s",
    "Score, s",
    "Peak memory, MiB",
    "Failures",
  ];
  const lines = detectors.map((row) => [
    styles.get(row.detector)!.letter,
    row.detector,
    fixed(row.auroc, 4),
    fixed(row.aurocDeviation, 4),
    fixed(row.rank, 2),
    fixed(row.averagePrecision, 4),
    fixed(row.untrainedAuroc, 4),
    ...(masked
      ? [row.pixelAuroc, row.pixelAveragePrecision, row.pixelAupro].map((value) => fixed(value, 4))
      : []),
    fixed(row.fitSeconds, 2),
    fixed(row.scoreSeconds, 2),
    fixed(row.peakMemoryMiB, 0),
    String(row.failures),
  ]);
  const over =
    common.length === 1 ? common[0]! : `the ${common.length} data sets that every detector managed`;
  return table(head, lines, `Means over ${over}.`);
}

function datasetTable(
  datasets: readonly string[],
  names: readonly string[],
  rows: readonly GoodRow[],
): string {
  const lines = datasets.map((dataset) => {
    const cells = names.map((name) =>
      meanAuroc(rows.filter((row) => row.dataset === dataset && row.detector === name)),
    );
    const best = Math.max(...cells.filter((cell) => cell !== undefined));
    return [
      dataset,
      ...cells.map((cell) =>
        cell === undefined ? "failed" : `${cell.toFixed(4)}${cell === best ? " *" : ""}`,
      ),
    ];
  });
  return table(["Data set", ...names], lines, "Means over seeds; * is the best of its row.");
}

function meanAuroc(rows: readonly GoodRow[]): number | undefined {
  return rows.length === 0 ? undefined : rows.reduce((sum, { auroc }) => sum + auroc, 0) / rows.length;
}

function datasetSection(
  dataset: string,
  names: readonly string[],
  rows: readonly GoodRow[],
  styles: ReadonlyMap<string, SeriesStyle>,
): string {
  const own = rows.filter((row) => row.dataset === dataset);
  const [any] = own;
  if (any === undefined) return "";
  const present = names.filter((name) => own.some((row) => row.detector === name));
  const of = (name: string): GoodRow[] => own.filter((row) => row.detector === name);
  const series = (curve: "roc" | "pr") =>
    present.map((name) => ({
      name,
      style: styles.get(name)!,
      curves: of(name).map((row) => row.curves[curve]),
    }));
  const lines = present.flatMap((name) =>
    of(name).map((row) => [
      name,
      String(row.seed),
      `${row.auroc.toFixed(4)} (${fixed(row.aurocLow, 3)} to ${fixed(row.aurocHigh, 3)})`,
      row.averagePrecision.toFixed(4),
      percent(row.precision),
      percent(row.recall),
      percent(row.f1),
      percent(row.falseAlarmRate),
      percent(row.recallAt1),
      percent(row.recallAt5),
    ]),
  );
  const head = [
    "Detector",
    "Seed",
    "AUROC (95 %)",
    "AP",
    "Precision",
    "Recall",
    "F1",
    "False alarms",
    "Recall at 1 %",
    "Recall at 5 %",
  ];
  return [
    `<section><h2>${escapeText(dataset)}</h2>`,
    `<p>${any.trainRows} trained, ${any.testRows} tested, ${percent(any.prevalence)} of these are anomalies.</p>`,
    '<div class="charts">',
    curveChart({
      title: "ROC",
      xLabel: "false-alarm rate",
      yLabel: "recall",
      series: series("roc"),
      guess: [0, 1],
    }),
    curveChart({
      title: "Precision and recall",
      xLabel: "recall",
      yLabel: "precision",
      series: series("pr"),
      guess: [any.prevalence, any.prevalence],
    }),
    "</div>",
    "<h3>Scores</h3><p>Normal rows above the line, anomalies (hatched) below it, each to its own scale; first seed; the dashed line is the model's threshold.</p>",
    `<div class="charts">${present.map((name) => histogramChart(name, of(name)[0]!.curves.histogram, of(name)[0]!.threshold)).join("")}</div>`,
    table(head, lines, "Precision, recall, F1 and false alarms at each model's own threshold."),
    "</section>",
  ].join("");
}

function failureTable(failures: ReturnType<typeof summarize>["failures"]): string {
  const lines = failures.map(({ dataset, detector, seed, error }) => [
    dataset,
    detector,
    String(seed),
    error,
  ]);
  return `<h2>Failures</h2>${table(["Data set", "Detector", "Seed", "Error"], lines, "Runs without a result; they count as nothing, not as 0.5.")}`;
}

const missing = (value: number | null): value is null => value === null || Number.isNaN(value);
const fixed = (value: number | null, digits: number): string =>
  missing(value) ? "-" : value.toFixed(digits);
const percent = (share: number | null): string => (missing(share) ? "-" : `${(100 * share).toFixed(1)} %`);

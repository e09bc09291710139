import { toBase64 } from "../../math/base64.js";
import { TIE } from "../../scoring/index.js";
import { count, figure, shortFloat32 } from "../../text/format.js";
import { printableLine } from "../../text/printable.js";
import { escapeText } from "../svg.js";
import { PLOT_SCRIPT } from "./plot-script.js";
import { PLOT_STYLE } from "./plot-style.js";
import { UPLOT_NOTICE, UPLOT_SCRIPT, UPLOT_STYLE } from "./uplot.js";

/** The time steps of one entity, in their order. */
export interface PlottedSeries {
  /** Of the entity; empty where there is one series. */
  readonly name: string;
  /** Seconds since 1970, or numbers of a count; ascending, though equal ones may follow each other. */
  readonly times: Float64Array;
  /** The first step of each stretch without a gap, ascending from 0. */
  readonly starts: readonly number[];
  /** NaN where a step has no score. */
  readonly score: Float32Array;
  /** In the order of `PlotPage.sensors`; NaN where a cell is missing. */
  readonly sensors: readonly Float32Array[];
}

export interface PlotPage {
  readonly series: readonly PlottedSeries[];
  readonly sensors: readonly string[];
  /** Whether times are seconds since 1970. */
  readonly dates: boolean;
  /** What the times are called, and the entities where there are several. */
  readonly timeName: string;
  readonly entityName: string | undefined;
  readonly threshold: number;
  readonly mergeGap: number;
  readonly minLength: number;
  /** Scores of held-out normal windows. */
  readonly calibration: Float32Array;
  /** Where the series came from, and what scored it. */
  readonly source: string;
  readonly detector: string;
  /** At that threshold, for browsers without JavaScript. */
  readonly incidents: number;
  readonly flagged: number;
}

/** Incidents that the page lists at most, the worst. */
const LISTED = 200;

/** One self-contained HTML page that loads nothing: the numbers and the programs that show them are in it. */
export async function plotPage(page: PlotPage): Promise<string> {
  const { series, source, detector, threshold, entityName, incidents, flagged } = page;
  const steps = series.reduce((sum, { times }) => sum + times.length, 0);
  const script = `${UPLOT_SCRIPT}\n${PLOT_SCRIPT}`;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script)));
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${toBase64(hash)}'`;
  const options = series.map(({ name }, k) => `<option value="${k}">${escapeText(name)}</option>`);
  const shownThreshold = figure(shortFloat32(threshold));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeText(source)}: when is the series abnormal</title><style>${UPLOT_STYLE}${PLOT_STYLE}</style></head>
<body>
<header><h1>When is the series abnormal</h1>
<p>${escapeText(source)}: ${count(steps)} steps. Scored by ${escapeText(detector)}; the model's threshold is ${shownThreshold}.</p>
<noscript><p>Without JavaScript the page shows no charts: ${count(incidents)} incidents, ${count(flagged)} flagged steps.</p></noscript></header>
<form class="controls" autocomplete="off" aria-label="What is shown">
<p${entityName === undefined ? " hidden" : ""}><label for="entity">${escapeText(entityName ?? "")}</label> <select id="entity">${options.join("")}</select></p>
<p><label for="threshold">Threshold</label> <input type="range" id="threshold" aria-describedby="status"> <input type="number" id="threshold-number" step="any" aria-label="Threshold as a number"> <button type="button" id="reset">The model's threshold</button></p>
<p><button type="button" id="whole">Whole series</button></p>
<p id="status" role="status"></p>
</form>
<p class="keys">Drag across a chart to zoom, drag the dashed line to move the threshold. Keys: left and right move, + and - zoom, 0 shows all, n and p go to the next and the previous incident.</p>
<main><div id="charts" role="img" tabindex="0" aria-label="Charts of the score and of the sensors over time; flagged stretches are listed below."></div>
<h2>Incidents, worst first</h2>
<table><thead><tr>${entityName === undefined ? "" : `<th scope="col">${escapeText(entityName)}</th>`}<th scope="col">From</th><th scope="col">To</th><th scope="col">Peak at</th><th scope="col">Steps</th><th scope="col">Flagged</th><th scope="col">Score</th><td></td></tr></thead><tbody id="incidents"></tbody></table>
<p id="more"></p></main>
<script type="application/json" id="data">${scriptData(page)}</script>
<script>${script}</script>
<!-- The charts are drawn by uPlot. ${UPLOT_NOTICE} -->
</body></html>
`;
}

/** JSON that ends no script element. */
function scriptData(page: PlotPage): string {
  const { series, sensors, dates, timeName, entityName, threshold, mergeGap, minLength, calibration } = page;
  const data = {
    ...{ dates, threshold, mergeGap, minLength, tie: TIE, listed: LISTED },
    timeName: printableLine(timeName),
    ...(entityName !== undefined && { entityName: printableLine(entityName) }),
    sensors: sensors.map(printableLine),
    calibration: Array.from(calibration, shortFloat32),
    series: series.map(({ name, times, starts, score, sensors: values }) => ({
      ...{ name: printableLine(name), starts },
      times: toBase64(bytesOf(times)),
      score: toBase64(bytesOf(score)),
      sensors: values.map((each) => toBase64(bytesOf(each))),
    })),
  };
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

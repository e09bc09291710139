/**
 * The program of the page, which runs after uPlot. It decides as the library does (`exceeds` in scoring/ties.ts, StretchTracker
 * in incidents/tracker.ts). uPlot draws the lowest and the highest value of each pixel's steps, so that no spike is lost.
 */
export const PLOT_SCRIPT: string = `"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const charts = byId("charts"), slider = byId("threshold"), number = byId("threshold-number"), body = byId("incidents");
const decoded = (text, Type) => new Type(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
const numbers = (text) => Array.from(decoded(text, Float32Array), (value) => (Number.isNaN(value) ? null : value));
const series = data.series.map(({ name, times, starts, score, sensors }) => ({ name, times: decoded(times, Float64Array),
  starts, score: numbers(score), sensors: sensors.map(numbers), stretches: [] }));
let threshold = data.threshold, shown = 0, plots = [], dragging = false;

const exceeds = (score) =>
  score !== null && Math.fround(Math.min(score * (1 - data.tie), score * (1 + data.tie))) > Math.fround(threshold);
const text = (value) => {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e9) ? value.toExponential(3) : String(Number(value.toPrecision(4)));
};
const timeText = (value) => {
  if (!data.dates) return text(value);
  return new Date(Math.round(value * 1000)).toISOString().replace("T", " ").replace(/(:00)?\\.000Z$/, "").replace("Z", "");
};
const whole = (value) => value.toLocaleString("en-GB");
const some = (value, noun) => whole(value) + " " + noun + (value === 1 ? "" : "s");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Flagged steps with at most mergeGap others between them; none across a gap in time. */
function stretchesOf({ starts, score }) {
  const found = [];
  let next = 0, open;
  const close = () => {
    if (open && open.to - open.from + 1 >= data.minLength) found.push(open);
    open = undefined;
  };
  for (let k = 0; k < score.length; k++) {
    if (k === starts[next]) {
      next++;
      close();
    }
    if (!exceeds(score[k])) continue;
    if (open && k - open.to - 1 > data.mergeGap) close();
    open ??= { from: k, flagged: 0, peak: k };
    open.to = k;
    open.flagged++;
    if (score[k] > score[open.peak]) open.peak = k;
  }
  close();
  return found;
}

/** Columns for uPlot: a point without a value between two stretches, so that no line joins them. */
function columnsOf({ times, starts, score, sensors }) {
  const all = [Array.from(times), score, ...sensors];
  const columns = all.map(() => []);
  starts.forEach((from, s) => {
    const to = starts[s + 1] ?? times.length;
    all.forEach((column, c) => {
      for (let k = from; k < to; k++) columns[c].push(column[k]);
      if (to < times.length) columns[c].push(c === 0 ? times[to - 1] : null);
    });
  });
  return columns;
}

/** By a clock of 24 hours, with the day where it begins. */
const clockTexts = (u, ticks, axis, space, step) => {
  let before = "";
  return ticks.map((tick) => {
    if (tick === null) return "";
    const iso = new Date(Math.round(tick * 1000)).toISOString(), day = iso.slice(0, 10);
    const clock = iso.slice(11, step >= 60 ? 16 : step >= 1 ? 19 : 23), isNew = day !== before;
    before = day;
    return step >= 86400 ? day : isNew ? clock + "\\n" + day : clock;
  });
};
const dates = { tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") };
function chart(label, columns, height, stroke, isScore) {
  const axis = { stroke: () => colour("--ink"), grid: { stroke: () => colour("--grid"), width: 1 }, ticks: { stroke: () => colour("--grid") } };
  const options = {
    ...(data.dates ? dates : {}), width: charts.clientWidth, height, scales: { x: { time: data.dates } },
    cursor: { sync: { key: "steps" }, drag: { x: true, y: false } },
    axes: [data.dates ? { ...axis, size: 44, space: 80, values: clockTexts } : axis, { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : text(tick))) }],
    series: [{ label: data.timeName, value: (_, value) => (value === null ? "" : timeText(value)) },
      { label, stroke: () => colour(stroke), width: 1.25, spanGaps: false, points: { show: false },
        value: (_, value) => (value === null || value === undefined ? "" : text(value)) }],
    hooks: { drawClear: [shade], setScale: [follow], ...(isScore && { draw: [drawThreshold] }) },
  };
  if (isScore) options.scales.y = { range: (_, low, high) => {
    const [least, most] = [Math.min(low ?? threshold, threshold), Math.max(high ?? threshold, threshold)];
    const margin = (most - least || 1) / 20;
    return [least - margin, most + margin];
  } };
  return new uPlot(options, columns, charts);
}

function shade(u) {
  const { times, stretches } = series[shown], { left, top, width, height } = u.bbox, { min, max } = u.scales.x;
  u.ctx.save();
  u.ctx.fillStyle = colour("--shade");
  for (const { from, to } of stretches) {
    if (times[to] < min || times[from] > max) continue;
    const a = Math.max(left, u.valToPos(times[from], "x", true)), b = Math.min(left + width, u.valToPos(times[to], "x", true));
    u.ctx.fillRect(a - 1, top, Math.max(2, b - a + 2), height);
  }
  u.ctx.restore();
}

function drawThreshold(u) {
  const y = u.valToPos(threshold, "y", true), { left, width } = u.bbox;
  u.ctx.save();
  u.ctx.strokeStyle = colour("--mark");
  u.ctx.lineWidth = 2 * devicePixelRatio;
  u.ctx.setLineDash([8 * devicePixelRatio, 4 * devicePixelRatio]);
  u.ctx.beginPath();
  u.ctx.moveTo(left, y);
  u.ctx.lineTo(left + width, y);
  u.ctx.stroke();
  u.ctx.restore();
}

/** All charts show the same time. */
function follow(u, key) {
  if (key !== "x") return;
  const { min, max } = u.scales.x;
  for (const { scales: { x }, setScale } of plots) if (x.min !== min || x.max !== max) setScale("x", { min, max });
}
function zoom(min, max) {
  const { times } = series[shown];
  const [first, last] = [times[0], times[times.length - 1]], span = Math.min(max - min, last - first);
  const from = Math.min(Math.max(min, first), last - span);
  if (span > 0 && plots.length > 0) plots[0].setScale("x", { min: from, max: from + span });
}

/** Flags all steps anew. */
function decide() {
  let flagged = 0, steps = 0, stretches = 0;
  for (const each of series) {
    each.stretches = stretchesOf(each);
    stretches += each.stretches.length;
    for (const score of each.score) {
      if (score === null) continue;
      steps++;
      if (exceeds(score)) flagged++;
    }
  }
  const normals = data.calibration.length, alarms = data.calibration.filter((score) => exceeds(score)).length;
  byId("status").textContent = some(stretches, "incident") + ": " + whole(flagged) + " of " + some(steps, "step") + " are flagged at " +
    text(threshold) + "; of " + some(normals, "normal window") + " held out, " + whole(alarms) + " would be.";
  list();
  // The scale of scores reaches to the threshold.
  plots.forEach((plot, k) => plot.redraw(k === 0));
}

/** The worst stretches of all series, in a table: a click shows one. */
function list() {
  const all = series.flatMap(({ stretches, score }, s) => stretches.map((stretch) => ({ ...stretch, s, height: score[stretch.peak] })));
  const worst = all.sort((a, b) => b.height - a.height).slice(0, data.listed);
  body.replaceChildren(...worst.map(({ s, from, to, peak, flagged, height }) => {
    const { name, times } = series[s], row = document.createElement("tr");
    const cells = [timeText(times[from]), timeText(times[to]), timeText(times[peak]), whole(to - from + 1), whole(flagged), text(height)];
    for (const content of data.entityName === undefined ? cells : [name, ...cells]) {
      row.insertCell().textContent = content;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Show";
    button.setAttribute("aria-label", "Show " + cells[0] + " to " + cells[1]);
    button.addEventListener("click", () => go(s, from, to));
    row.insertCell().append(button);
    return row;
  }));
  byId("more").textContent = all.length > worst.length ? "The " + whole(worst.length) + " worst of " + whole(all.length) + " are listed." : "";
}

let at = -1;
function go(s, from, to) {
  if (s !== shown) show(s);
  const { times, stretches } = series[s], margin = Math.max(20, 2 * (to - from + 1));
  at = stretches.findIndex((stretch) => stretch.from === from);
  zoom(times[Math.max(0, from - margin)], times[Math.min(times.length - 1, to + margin)]);
  charts.scrollIntoView({ block: "start" });
}
function next(by) {
  const { stretches, times } = series[shown];
  if (stretches.length === 0) return;
  const to = Math.min(stretches.length - 1, Math.max(0, at < 0 && by < 0 ? stretches.length - 1 : at + by));
  go(shown, stretches[to].from, stretches[to].to);
}

function show(s) {
  for (const plot of plots) plot.destroy();
  plots = [];
  shown = s;
  at = -1;
  byId("entity").value = String(s);
  const [x, score, ...sensors] = columnsOf(series[s]);
  plots = [chart("score", [x, score], 240, "--ink", true), ...sensors.map((column, k) => chart(data.sensors[k], [x, column], 150, "--sensor", false))];
  dragThreshold(plots[0]);
}

/** The line of the threshold is taken hold of where the pointer is within 8 pixels of it. */
function dragThreshold(u) {
  const height = (event) => event.clientY - u.over.getBoundingClientRect().top;
  const near = (event) => Math.abs(height(event) - u.valToPos(threshold, "y")) <= 8;
  u.root.addEventListener("mousedown", (event) => {
    if (event.button !== 0 || !u.over.contains(event.target) || !near(event)) return;
    event.preventDefault();
    event.stopPropagation();
    dragging = true;
    const move = (moved) => setThreshold(u.posToVal(Math.min(u.over.clientHeight, Math.max(0, height(moved))), "y"));
    document.addEventListener("mousemove", move);
    document.addEventListener("mouseup", () => {
      dragging = false;
      document.removeEventListener("mousemove", move);
    }, { once: true });
  }, true);
  u.over.addEventListener("mousemove", (event) => {
    u.over.style.cursor = dragging || near(event) ? "ns-resize" : "";
  });
}

let frame = 0;
function setThreshold(value, from) {
  threshold = value;
  if (from !== slider) slider.value = value;
  if (from !== number) number.value = text(value);
  slider.setAttribute("aria-valuetext", text(value));
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    decide();
  });
}

let [least, most] = [data.threshold, data.threshold];
for (const { score } of series) for (const value of score) {
  if (value === null) continue;
  if (value < least) least = value;
  if (value > most) most = value;
}
const margin = (most - least || 1) / 50;
slider.min = least - margin;
slider.max = most + margin;
slider.step = margin / 20;
slider.value = threshold;
number.value = text(threshold);
slider.setAttribute("aria-valuetext", text(threshold));
slider.addEventListener("input", () => setThreshold(Number(slider.value), slider));
number.addEventListener("input", () => {
  if (number.value !== "" && Number.isFinite(Number(number.value))) setThreshold(Number(number.value), number);
});
byId("reset").addEventListener("click", () => setThreshold(data.threshold));
byId("whole").addEventListener("click", () => zoom(-Infinity, Infinity));
byId("entity").addEventListener("change", ({ target }) => show(Number(target.value)));
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.altKey || event.ctrlKey || event.metaKey || target.closest("input, select, button")) return;
  const { min, max } = plots[0].scales.x, span = max - min;
  const does = {
    ArrowLeft: () => zoom(min - span / 4, max - span / 4),
    ArrowRight: () => zoom(min + span / 4, max + span / 4),
    "+": () => zoom(min + span / 4, max - span / 4),
    "-": () => zoom(min - span / 2, max + span / 2),
    0: () => zoom(-Infinity, Infinity),
    n: () => next(1),
    p: () => next(-1),
  }[key === "=" ? "+" : key];
  if (does === undefined) return;
  event.preventDefault();
  does();
});
addEventListener("resize", () => {
  for (const plot of plots) plot.setSize({ width: charts.clientWidth, height: plot.height });
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const plot of plots) plot.redraw(false);
});
show(0);
decide();
`;

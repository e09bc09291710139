// Draws docs/demo.svg, the picture of the README, from what `npm run demo` left in demo-output/: every minute's score of
// the plant's day with faults, the threshold, and where the simulation put the faults. Run it as
//   npm run demo && node scripts/docs/picture.js
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { element, escapeText, linearScale, pathThrough } from "../../dist/report/svg.js";

const SIZE = { width: 880, height: 250, left: 58, right: 12, top: 40, bottom: 30 };
const COLOURS = { flagged: "#d55e00", score: "#56606b", fault: "#f3d9c6", axis: "#333" };

const root = new URL("../../", import.meta.url);
const scores = readCsv("demo-output/scores.csv").map(({ score, threshold, is_anomaly }) => ({
  score: Number(score),
  threshold: Number(threshold),
  flagged: is_anomaly === "1",
}));
const faults = stretches(readCsv("demo-output/today.csv").map(({ fault }) => fault));
const svg = picture(scores, faults);
writeFileSync(fileURLToPath(new URL("docs/demo.svg", root)), `${svg}\n`);
console.log(`docs/demo.svg written: ${svg.length} bytes, ${scores.length} scores, ${faults.length} faults.`);

/** Rows of a CSV file without quotes, which the demo's files are. */
function readCsv(path) {
  const [head, ...lines] = readFileSync(new URL(path, root), "utf8").trim().split(/\r?\n/);
  const names = head.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((cell, k) => [names[k], cell])));
}

/** Runs of rows that have the same fault. */
function stretches(names) {
  const found = [];
  names.forEach((name, row) => {
    if (name === "none") return;
    if (found.at(-1)?.name === name && found.at(-1).to === row) found.at(-1).to = row + 1;
    else found.push({ name, from: row, to: row + 1 });
  });
  return found;
}

function picture(rows, marked) {
  const [top, bottom] = [SIZE.top, SIZE.height - SIZE.bottom];
  const x = linearScale([0, rows.length], [SIZE.left, SIZE.width - SIZE.right]);
  const decades = [0.1, 1, 10, 100, 1000, 10_000, 100_000];
  const y = linearScale([Math.log10(0.2), 5], [bottom, top]);
  const at = (score) => y(Math.log10(score));
  const text = (attributes, words) => element("text", attributes, escapeText(words));
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${SIZE.width} ${SIZE.height}`,
      role: "img",
      "aria-label": "Scores of a simulated plant over a day; faults stand out above the threshold",
      "font-family": "sans-serif",
      "font-size": 11,
    },
    element("rect", { width: SIZE.width, height: SIZE.height, fill: "#fff" }),
    ...marked.flatMap(({ name, from, to }) => [
      element("rect", {
        x: x(from),
        y: top,
        width: x(to) - x(from),
        height: bottom - top,
        fill: COLOURS.fault,
      }),
      text({ x: x((from + to) / 2), y: top - 6, "text-anchor": "middle", fill: COLOURS.axis }, name),
    ]),
    ...decades
      .filter((value) => value >= 1)
      .flatMap((value) => [
        element("line", {
          x1: SIZE.left,
          x2: SIZE.width - SIZE.right,
          y1: at(value),
          y2: at(value),
          stroke: "#e4e4e4",
        }),
        text(
          { x: SIZE.left - 6, y: at(value) + 4, "text-anchor": "end", fill: COLOURS.axis },
          value.toLocaleString("en"),
        ),
      ]),
    ...[0, 4, 8, 12, 16, 20, 24].map((hour) =>
      text(
        {
          x: x(hour * 60),
          y: bottom + 15,
          "text-anchor": hour === 24 ? "end" : "middle",
          fill: COLOURS.axis,
        },
        `${hour}:00`,
      ),
    ),
    element("path", {
      d: pathThrough(
        rows.map(({ score }, row) => ({
          x: Math.round(10 * x(row)) / 10,
          y: Math.round(10 * at(score)) / 10,
        })),
      ),
      fill: "none",
      stroke: COLOURS.score,
      "stroke-width": 0.8,
    }),
    ...rows.flatMap(({ score, flagged }, row) =>
      flagged ? [element("circle", { cx: x(row), cy: at(score), r: 1.8, fill: COLOURS.flagged })] : [],
    ),
    element("line", {
      x1: SIZE.left,
      x2: SIZE.width - SIZE.right,
      y1: at(rows[0].threshold),
      y2: at(rows[0].threshold),
      stroke: COLOURS.flagged,
      "stroke-dasharray": "5 3",
    }),
    text(
      { x: SIZE.left, y: 14, fill: COLOURS.axis },
      "score per minute (logarithmic; dashed: threshold; dots: flagged; shaded: injected faults)",
    ),
  );
}

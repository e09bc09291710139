import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { entityName, moment, number } from "../format.js";
import type { Result } from "../types.js";

export interface Period {
  readonly from: string;
  readonly to: string;
}

const HEIGHT = 150;

/** A colour of the style sheet, as it is now: canvases do not take custom properties. */
const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Scores of one entity over time. Flagged rows are triangles: their shape tells them, and their colour a second time. */
export function ScoreLane({
  entity,
  rows,
  period,
  selected,
  onSelect,
  onZoom,
}: {
  entity: string;
  /** The earliest first. */
  rows: readonly Result[];
  /** What the axis shows: the same of all lanes. */
  period: Period;
  selected: number | undefined;
  onSelect: (row: Result) => void;
  onZoom: (period: Period) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number>();
  const plot = useRef<uPlot | undefined>(undefined);
  const handlers = useRef({ onSelect, onZoom });
  handlers.current = { onSelect, onZoom };
  const dark = useDark();
  useEffect(() => {
    const box = place.current!;
    const chart = new uPlot(optionsOf(rows, period, box.clientWidth, dragged), dataOf(rows), box);
    plot.current = chart;
    function dragged(from: number, to: number): void {
      handlers.current.onZoom({
        from: new Date(from * 1000).toISOString(),
        to: new Date(to * 1000).toISOString(),
      });
    }
    const clicked = () => {
      const index = chart.cursor.idx;
      if (index !== null && index !== undefined && rows[index]) handlers.current.onSelect(rows[index]);
    };
    chart.over.addEventListener("click", clicked);
    const resized = new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: HEIGHT }));
    resized.observe(box);
    return () => {
      resized.disconnect();
      chart.destroy();
    };
  }, [rows, period.from, period.to, dark]);

  const moveTo = (index: number) => {
    const bounded = Math.max(0, Math.min(rows.length - 1, index));
    setAt(bounded);
    const chart = plot.current!;
    chart.setCursor({
      left: chart.valToPos(chart.data[0][bounded]!, "x"),
      top: chart.valToPos(rows[bounded]!.score, "y"),
    });
  };
  const pressed = (event: KeyboardEvent) => {
    const now = at ?? rows.length;
    const flagged = (step: number) => {
      let k = now + step;
      while (k >= 0 && k < rows.length && !rows[k]!.isAnomaly) k += step;
      return k;
    };
    if (event.key === "ArrowLeft") moveTo(event.shiftKey ? flagged(-1) : now - 1);
    else if (event.key === "ArrowRight") moveTo(event.shiftKey ? flagged(1) : now + 1);
    else if (event.key === "Enter" && at !== undefined) onSelect(rows[at]!);
    else return;
    event.preventDefault();
  };
  const row = at === undefined ? undefined : rows[at];
  const alarms = rows.filter(({ isAnomaly }) => isAnomaly).length;
  return (
    <section class="lane">
      <h2>
        {entityName(entity)}{" "}
        <small>
          {number(rows.length)} rows, {number(alarms)} flagged
        </small>
      </h2>
      {/* biome-ignore lint/a11y/useSemanticElements: a chart that arrow keys go through */}
      <div
        class="plot"
        ref={place}
        role="group"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a chart that arrow keys go through
        tabIndex={0}
        aria-label={`Scores of ${entityName(entity)}. Arrow keys go from row to row, with Shift from flagged row to flagged row; Enter opens one.`}
        onKeyDown={pressed}
      />
      <p class="hidden" aria-live="polite">
        {row !== undefined &&
          `${moment(row.at)}, score ${number(row.score)}${row.isAnomaly ? ", flagged" : ""}`}
      </p>
      {selected !== undefined && rows.some(({ id }) => id === selected) && (
        <p class="note">A row of this lane is open below.</p>
      )}
    </section>
  );
}

type Column = (number | null)[];

function dataOf(rows: readonly Result[]): uPlot.AlignedData {
  const times = rows.map(({ at }) => Date.parse(at) / 1000);
  const scores: Column = rows.map(({ score }) => score);
  const thresholds: Column = rows.map(({ threshold }) => threshold);
  const flagged: Column = rows.map(({ isAnomaly, score }) => (isAnomaly ? score : null));
  return [times, scores, thresholds, flagged];
}

function optionsOf(
  rows: readonly Result[],
  period: Period,
  width: number,
  onDrag: (from: number, to: number) => void,
): uPlot.Options {
  const ink = colour("ink-soft");
  const grid = { stroke: colour("line"), width: 1 };
  const axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui, sans-serif" };
  const highest = Math.max(...rows.map(({ score }) => score));
  const lowest = Math.min(...rows.map(({ score }) => score));
  const usual = rows.at(-1)?.threshold ?? 1;
  // One far outlier would press all else onto the axis.
  const logarithmic = lowest > 0 && highest > 20 * usual;
  const ends: [number, number] = [Date.parse(period.from) / 1000, Date.parse(period.to) / 1000];
  return {
    ...{ width, height: HEIGHT },
    legend: { show: false },
    cursor: { sync: { key: "lanes" }, drag: { x: true, y: false, setScale: false }, points: { size: 8 } },
    scales: { x: { time: true, range: () => ends }, y: { distr: logarithmic ? 3 : 1 } },
    axes: [
      { ...axis, values: (_, ticks) => timeTicks(ticks) },
      {
        ...axis,
        // A logarithmic axis would draw nine lines for each power.
        grid: { ...grid, show: !logarithmic },
        ticks: { ...grid, show: !logarithmic },
        size: 64,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick, 3))),
      },
    ],
    series: [
      {},
      {
        label: "score",
        stroke: colour("series"),
        width: 1.5,
        points: { show: rows.length < 200, size: 4, fill: colour("series") },
      },
      { label: "threshold", stroke: ink, width: 1, dash: [5, 4], points: { show: false } },
      {
        label: "flagged",
        stroke: colour("alarm"),
        fill: colour("alarm"),
        paths: () => null,
        points: { show: true, paths: triangles },
      },
    ],
    hooks: {
      setSelect: [
        (chart) => {
          if (chart.select.width < 8) return;
          const [from, to] = [chart.select.left, chart.select.left + chart.select.width];
          onDrag(chart.posToVal(from, "x"), chart.posToVal(to, "x"));
        },
      ],
    },
  };
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const FINE_CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** The time of each tick, and below it the date where it is another one. */
function timeTicks(ticks: readonly number[]): string[] {
  const step = (ticks[1] ?? Number.POSITIVE_INFINITY) - ticks[0]!;
  const clock = step < 60 ? FINE_CLOCK : CLOCK;
  let before = "";
  return ticks.map((tick) => {
    const date = DATE.format(tick * 1000);
    const fresh = date !== before;
    before = date;
    if (step >= 86_400) return date;
    return `${clock.format(tick * 1000)}${fresh ? `\n${date}` : ""}`;
  });
}

const triangles: uPlot.Series.Points.PathBuilder = (chart, series, from, to) => {
  const size = 6 * devicePixelRatio;
  const path = new Path2D();
  const values = chart.data[series]!;
  for (let k = from; k <= to; k++) {
    const value = values[k];
    if (value === null || value === undefined) continue;
    const x = chart.valToPos(chart.data[0][k]!, "x", true);
    const y = chart.valToPos(value, "y", true);
    path.moveTo(x, y - size);
    path.lineTo(x + size, y + size);
    path.lineTo(x - size, y + size);
    path.closePath();
  }
  return { stroke: path, fill: path };
};

function useDark(): boolean {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const changed = () => setDark(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  return dark;
}

import { useMemo, useRef } from "preact/hooks";
import { number, percent } from "../format.js";
import { binsOf, type Scale } from "../histogram.js";

const BINS = 64;
const HEIGHT = 100;
/** Steps of the keys: a small one, and a large one. */
const STEP = 1 / 256;
const LEAP = 1 / 16;

/** The histogram of the scores; its threshold is dragged, or moved by keys. */
export function ThresholdChart({
  scores,
  scale,
  threshold,
  flagged,
  onThreshold,
}: {
  scores: Float32Array;
  scale: Scale;
  threshold: number;
  flagged: number;
  onThreshold: (threshold: number) => void;
}) {
  const chart = useRef<HTMLDivElement>(null);
  const dragging = useRef(false);
  const counts = useMemo(() => binsOf(scores, scale, BINS), [scores, scale]);
  const most = Math.max(...counts, 1);
  const at = scale.place(threshold);
  const move = (place: number) => onThreshold(Math.fround(scale.score(Math.min(1, Math.max(0, place)))));
  const follow = ({ clientX }: PointerEvent) => {
    const { left, width } = chart.current!.getBoundingClientRect();
    move((clientX - left) / width);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const places: Record<string, number> = {
      ArrowLeft: at - STEP,
      ArrowDown: at - STEP,
      ArrowRight: at + STEP,
      ArrowUp: at + STEP,
      PageDown: at - LEAP,
      PageUp: at + LEAP,
      Home: 0,
      End: 1,
    };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    move(place);
  };
  const share = scores.length === 0 ? 0 : flagged / scores.length;
  return (
    <figure class="chart">
      <div
        ref={chart}
        class="plot"
        role="slider"
        tabIndex={0}
        aria-label="Threshold"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(at * 1000) / 10}
        aria-valuetext={`${number(threshold)}: ${flagged} flagged, ${percent(share)}`}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          dragging.current = true;
          chart.current!.setPointerCapture(event.pointerId);
          follow(event);
        }}
        onPointerMove={(event) => {
          if (dragging.current) follow(event);
        }}
        onPointerUp={() => {
          dragging.current = false;
        }}
        onPointerCancel={() => {
          dragging.current = false;
        }}
      >
        <svg viewBox={`0 0 ${BINS} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {Array.from(counts, (n, k) => {
            // Square roots: a few anomalies are seen beside many normal rows.
            const height = n === 0 ? 0 : Math.max(2, (HEIGHT - 6) * Math.sqrt(n / most));
            return (
              <rect
                key={String(k)}
                class={(k + 0.5) / BINS > at ? "above" : "below"}
                x={k + 0.08}
                y={HEIGHT - height}
                width={0.84}
                height={height}
              />
            );
          })}
        </svg>
        <span class="handle" style={{ left: `${100 * at}%` }} aria-hidden="true">
          <span class={`tip${at > 0.5 ? " left" : ""}`}>{number(threshold)}</span>
        </span>
      </div>
      <figcaption>
        <span>{number(scale.score(0), 3)}</span>
        <span class="axis">
          score{scale.logarithmic && ", logarithmic"}; heights are square roots of counts
        </span>
        <span>{number(scale.score(1), 3)}</span>
      </figcaption>
    </figure>
  );
}

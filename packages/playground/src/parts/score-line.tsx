import { useMemo } from "preact/hooks";
import { number } from "../format.js";
import type { Scale } from "../histogram.js";
import type { TimelineView } from "../protocol.js";

/** At most so many columns: of the steps in each the highest score is drawn. */
const COLUMNS = 480;
const HEIGHT = 100;

/** Scores in the order of time, with the threshold. */
export function ScoreLine({
  scores,
  timeline: { rows, breaks },
  names,
  scale,
  threshold,
}: {
  scores: Float32Array;
  timeline: TimelineView;
  names: readonly string[] | undefined;
  scale: Scale;
  threshold: number;
}) {
  const columns = Math.min(rows.length, COLUMNS);
  const highest = useMemo(() => {
    const found = new Float32Array(columns).fill(Number.NEGATIVE_INFINITY);
    rows.forEach((row, at) => {
      const column = Math.floor((at * columns) / rows.length);
      found[column] = Math.max(found[column]!, scores[row]!);
    });
    return found;
  }, [rows, scores, columns]);
  const heightOf = (score: number): number => HEIGHT * Math.min(1, Math.max(0, scale.place(score)));
  const nameOf = (at: number): string => names?.[rows[at]!] ?? `row ${rows[at]! + 1}`;
  return (
    <figure class="chart">
      <div class="plot line">
        <svg
          viewBox={`0 0 ${columns} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Scores in the order of time; the threshold is ${number(threshold)}`}
        >
          {Array.from(highest, (score, k) => (
            <rect
              key={String(k)}
              class={score > threshold ? "above" : "below"}
              x={k}
              y={HEIGHT - Math.max(1, heightOf(score))}
              width={1}
              height={Math.max(1, heightOf(score))}
            />
          ))}
          {Array.from(breaks.subarray(1), (at) => (
            <line
              key={at}
              class="break"
              x1={(at * columns) / rows.length}
              x2={(at * columns) / rows.length}
              y1={0}
              y2={HEIGHT}
            />
          ))}
          <line
            class="level"
            x1={0}
            x2={columns}
            y1={HEIGHT - heightOf(threshold)}
            y2={HEIGHT - heightOf(threshold)}
          />
        </svg>
      </div>
      {rows.length > 0 && (
        <figcaption>
          <span>{nameOf(0)}</span>
          <span class="axis">time; the line is the threshold</span>
          <span>{nameOf(rows.length - 1)}</span>
        </figcaption>
      )}
    </figure>
  );
}

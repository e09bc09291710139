import type { ScoreBins } from "../../learned/index.js";
import { figure } from "../../text/format.js";
import { element, escapeText } from "../svg.js";
import { chart, FRAME } from "./axes.js";

/** A line across a histogram, with the letter that a table explains. */
export interface ScoreMark {
  readonly letter: string;
  readonly threshold: number;
}

/** Two histograms of one scale, one above the line and one below it, each to its own highest bin. */
export function scoreChart(
  title: string,
  { low, high, logarithmic, upper, lower }: ScoreBins,
  { above, below, marks = [] }: { above: string; below: string; marks?: readonly ScoreMark[] },
): string {
  const { left: outer, right, top, height, width, bottom } = FRAME;
  const left = outer - 40;
  const middle = (top + 12 + height - bottom) / 2;
  const half = middle - top - 12;
  const span = (width - left - right) / upper.length;
  const bars = (counts: readonly number[], direction: 1 | -1, className: string): string[] => {
    const most = Math.max(1, ...counts);
    return counts.map((count, bin) => {
      if (count === 0) return "";
      const tall = Math.max(1, (count / most) * half);
      return element("rect", {
        class: className,
        x: left + bin * span,
        y: direction === 1 ? middle - tall : middle,
        width: span,
        height: tall,
      });
    });
  };
  const scale = logarithmic ? Math.log : (x: number): number => x;
  const whole = scale(high) - scale(low);
  const place = (score: number): number =>
    left +
    (whole > 0
      ? Math.min(1, Math.max(0, (scale(Math.max(score, logarithmic ? low : score)) - scale(low)) / whole))
      : 0.5) *
      (width - left - right);
  const text = (x: number, y: number, anchor: string, content: string): string =>
    element("text", { x, y, "text-anchor": anchor }, escapeText(content));
  return chart(
    title,
    `${title}: above the line ${above}, below it ${below}`,
    ...bars(upper, 1, "upper"),
    ...bars(lower, -1, "lower"),
    element("line", { class: "axis", x1: left, x2: width - right, y1: middle, y2: middle }),
    // Letters of marks that lie close together stand one below the other.
    ...marks.map(({ letter, threshold }, k) =>
      [
        element("line", {
          class: "mark",
          x1: place(threshold),
          x2: place(threshold),
          y1: top + 4,
          y2: height - bottom + 4,
        }),
        text(place(threshold) + 3, top + 12 + 12 * (k % 3), "start", letter),
      ].join(""),
    ),
    text(left, height - bottom + 16, "start", figure(low, 3)),
    text(width - right, height - bottom + 16, "end", figure(high, 3)),
    text((left + width - right) / 2, height - 6, "middle", logarithmic ? "score (logarithmic)" : "score"),
  );
}

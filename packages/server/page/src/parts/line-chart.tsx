import { number } from "../format.js";

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn dashed and softer, beside another one. */
  readonly soft?: boolean;
}

const [WIDTH, HEIGHT] = [600, 120];

/** Lines over one axis, such as a loss over epochs. The picture says in words where it begins and ends. */
export function LineChart({
  label,
  lines,
  limit,
  x,
}: {
  label: string;
  lines: readonly Line[];
  /** A value that lines should stay below, or reach. */
  limit?: { readonly name: string; readonly y: number };
  /** What the axis counts, such as "epoch". */
  x: string;
}) {
  const points = lines.flatMap((line) => line.points).filter(([, y]) => Number.isFinite(y));
  if (points.length === 0) return null;
  const xs = points.map(([at]) => at);
  const ys = [...points.map(([, y]) => y), ...(limit === undefined ? [] : [limit.y])];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const across = (at: number): number =>
    right === left ? WIDTH / 2 : ((at - left) / (right - left)) * WIDTH;
  const up = (y: number): number =>
    HEIGHT - 4 - (high === low ? 0.5 : (y - low) / (high - low)) * (HEIGHT - 8);
  const said = lines
    .map(({ name, points: [first, ...rest] }) =>
      first === undefined ? "" : `${name} from ${number(first[1])} to ${number((rest.at(-1) ?? first)[1])}`,
    )
    .join("; ");
  return (
    <figure class="lines">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: ${said}${limit === undefined ? "" : `; ${limit.name} at ${number(limit.y)}`}.`}
      >
        {limit !== undefined && <line class="promise" x1={0} x2={WIDTH} y1={up(limit.y)} y2={up(limit.y)} />}
        {lines.map(({ name, points: all, soft }) => (
          <polyline
            key={name}
            class={soft ? "line soft" : "line"}
            points={all
              .filter(([, y]) => Number.isFinite(y))
              .map(([at, y]) => `${across(at).toFixed(1)},${up(y).toFixed(1)}`)
              .join(" ")}
          />
        ))}
      </svg>
      <figcaption>
        <span>
          {x} {number(left)}
        </span>
        <span>
          {number(low, 3)} to {number(high, 3)}
        </span>
        <span>
          {x} {number(right)}
        </span>
      </figcaption>
    </figure>
  );
}

import { day, number } from "../format.js";

interface Bar {
  readonly day: string;
  readonly alarms: number;
  /** That were promised at most of so many rows. */
  readonly promised: number | null;
}

const HEIGHT = 100;

/** Alarms of each day as bars; a line across each says how many normal rows would be flagged by the promise. */
export function DayBars({ bars, label }: { bars: readonly Bar[]; label: string }) {
  const most = Math.max(1, ...bars.map(({ alarms, promised }) => Math.max(alarms, promised ?? 0)));
  const width = 10;
  const tall = (value: number): number => (value / most) * (HEIGHT - 4);
  const total = bars.reduce((sum, { alarms }) => sum + alarms, 0);
  return (
    <figure class="bars">
      <svg
        viewBox={`0 0 ${Math.max(1, bars.length) * width} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: ${number(total)} in ${bars.length} days, at most ${number(Math.max(0, ...bars.map(({ alarms }) => alarms)))} on one.`}
      >
        {bars.map(({ day: of, alarms, promised }, k) => (
          <g key={of}>
            <title>
              {`${day(of)}: ${number(alarms)} alarms${promised === null ? "" : `, ${number(promised, 3)} promised`}`}
            </title>
            <rect class="slot" x={k * width} y={0} width={width} height={HEIGHT} />
            <rect
              class={promised !== null && alarms > 2 * promised + 3 ? "bar many" : "bar"}
              x={k * width + 1.5}
              y={HEIGHT - tall(alarms)}
              width={width - 3}
              height={tall(alarms)}
            />
            {promised !== null && (
              <line
                class="promise"
                x1={k * width}
                x2={(k + 1) * width}
                y1={HEIGHT - tall(promised)}
                y2={HEIGHT - tall(promised)}
              />
            )}
          </g>
        ))}
      </svg>
      <figcaption>
        <span>{bars.length === 0 ? "" : day(bars[0]!.day)}</span>
        <span>
          highest {number(most, 3)} a day
          {bars.some(({ promised }) => promised !== null) && "; dashed: promised"}
        </span>
        <span>{bars.length === 0 ? "" : day(bars.at(-1)!.day)}</span>
      </figcaption>
    </figure>
  );
}

/** Every day of a span, so that days without rows are seen as such. */
export function everyDay(from: string, to = new Date().toISOString().slice(0, 10)): string[] {
  const days: string[] = [];
  for (let at = Date.parse(`${from}T00:00:00Z`); at <= Date.parse(`${to}T00:00:00Z`); at += 86_400_000) {
    days.push(new Date(at).toISOString().slice(0, 10));
  }
  return days;
}

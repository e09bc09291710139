import { useState } from "preact/hooks";
import { ask, modelPath, withQuery } from "../api.js";
import { entityName, moment, number } from "../format.js";
import { VerdictTag } from "../parts/incident-table.js";
import { Empty, Loaded, Tag } from "../parts/messages.js";
import { ModelChoice } from "../parts/model-choice.js";
import { ResultDetail } from "../parts/result-detail.js";
import { type Period, ScoreLane } from "../parts/score-lane.js";
import { Scroll } from "../parts/scroll.js";
import type { Model, Result } from "../types.js";
import { useWork } from "../use-load.js";
import type { Screen, ScreenProps } from "./screen.js";

/** Rows of a lane at most: zooming in shows those between. */
const MOST_ROWS = 1000;
const LANES = 8;
const SPANS = { hour: 3600, day: 86_400, week: 604_800, month: 2_592_000 } as const;

interface Lane {
  readonly entity: string;
  readonly rows: readonly Result[];
  readonly more: boolean;
}

function Content({ query }: ScreenProps) {
  return (
    <ModelChoice screen="scores" query={query}>
      {(model) => <Lanes key={model.name} model={model} />}
    </ModelChoice>
  );
}

async function loadLanes(model: string, lanes: number, period: Period | undefined, signal: AbortSignal) {
  const path = withQuery(modelPath(model, "/entities"), { limit: lanes + 1 });
  const { entities } = await ask<{ entities: { entity: string }[] }>(path, { signal });
  const shown = entities.slice(0, lanes).map(async ({ entity }): Promise<Lane> => {
    const { results, next } = await ask<{ results: Result[]; next: string | null }>(
      // An entity may be empty, which withQuery would leave out.
      `${withQuery("/v1/results", { model, limit: MOST_ROWS, ...period })}&entity=${encodeURIComponent(entity)}`,
      { signal },
    );
    return { entity, rows: results.toReversed(), more: next !== null };
  });
  return { lanes: await Promise.all(shown), more: entities.length > lanes };
}

function Lanes({ model }: { model: Model }) {
  const [period, setPeriod] = useState<Period>();
  const [lanes, setLanes] = useState(LANES);
  const [open, setOpen] = useState<Result>();
  const found = useWork(
    (signal) => loadLanes(model.name, lanes, period, signal),
    [model.name, lanes, period],
  );
  const latest =
    found.data?.lanes.flatMap(({ rows }) => rows.slice(-1)).map(({ at }) => Date.parse(at)) ?? [];
  return (
    <>
      <PeriodChoice
        period={period}
        latest={latest.length === 0 ? Date.now() : Math.max(...latest)}
        onChange={setPeriod}
      />
      <Loaded of={found}>
        {({ lanes: all, more }) => {
          const drawn = all.filter(({ rows }) => rows.length > 0);
          if (all.length === 0) {
            return (
              <Empty>
                <p>
                  No rows were scored yet. Send some to <code>POST {modelPath(model.name, "/score")}</code>:
                  with <code>entityColumn</code> each machine gets a lane, and with <code>timeColumn</code>{" "}
                  rows have their own times. <a href="/docs">The API</a> says how.
                </p>
              </Empty>
            );
          }
          return (
            <>
              {drawn.length === 0 && (
                <Empty>
                  <p>No rows in this period. Choose another one, or all.</p>
                </Empty>
              )}
              <p class="legend">
                <span class="key-line">score</span> <span class="key-dash">threshold</span>{" "}
                <span>
                  <Tag kind="alarm">flagged</Tag>
                </span>
                <span class="note">Drag over a chart to zoom; click a point to open its row.</span>
              </p>
              {drawn.map(({ entity, rows, more: earlier }) => (
                <div key={entity}>
                  <ScoreLane
                    {...{ entity, rows }}
                    period={period ?? spanOf(drawn)}
                    selected={open?.id}
                    onSelect={setOpen}
                    onZoom={setPeriod}
                  />
                  {earlier && (
                    <p class="note">
                      The latest {number(MOST_ROWS)} rows of the period, since {moment(rows[0]!.at)}: a
                      shorter period shows all.
                    </p>
                  )}
                </div>
              ))}
              {more && (
                <button type="button" onClick={() => setLanes(lanes + LANES)}>
                  Show more lanes
                </button>
              )}
              {open !== undefined && (
                <ResultDetail
                  key={open.id}
                  id={open.id}
                  model={model}
                  onClose={() => setOpen(undefined)}
                  onVerdict={found.reload}
                />
              )}
              <FlaggedRows lanes={drawn} onOpen={setOpen} />
            </>
          );
        }}
      </Loaded>
    </>
  );
}

/** From the first row to the last: lanes beside each other show the same time. */
function spanOf(lanes: readonly Lane[]): Period {
  const times = lanes.flatMap(({ rows }) => [rows[0]!, rows.at(-1)!]).map(({ at }) => Date.parse(at));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const margin = Math.max(1000, (last - first) / 100);
  return { from: new Date(first - margin).toISOString(), to: new Date(last + margin).toISOString() };
}

function PeriodChoice({
  period,
  latest,
  onChange,
}: {
  period: Period | undefined;
  latest: number;
  onChange: (period: Period | undefined) => void;
}) {
  const move = (by: number) => {
    const [from, to] = [Date.parse(period!.from), Date.parse(period!.to)];
    const step = (to - from) * by;
    onChange({ from: new Date(from + step).toISOString(), to: new Date(to + step).toISOString() });
  };
  const scale = (factor: number) => {
    const [from, to] = [Date.parse(period!.from), Date.parse(period!.to)];
    const [middle, half] = [(from + to) / 2, ((to - from) / 2) * factor];
    onChange({ from: new Date(middle - half).toISOString(), to: new Date(middle + half).toISOString() });
  };
  return (
    <fieldset class="controls">
      <legend class="hidden">Period</legend>
      {Object.entries(SPANS).map(([name, seconds]) => (
        <button
          key={name}
          type="button"
          onClick={() =>
            onChange({
              from: new Date(latest - seconds * 1000).toISOString(),
              to: new Date(latest + 1000).toISOString(),
            })
          }
        >
          Last {name}
        </button>
      ))}
      <button type="button" aria-pressed={period === undefined} onClick={() => onChange(undefined)}>
        All
      </button>
      {period !== undefined && (
        <>
          <button type="button" onClick={() => move(-0.5)}>
            Earlier
          </button>
          <button type="button" onClick={() => move(0.5)}>
            Later
          </button>
          <button type="button" onClick={() => scale(0.5)}>
            Zoom in
          </button>
          <button type="button" onClick={() => scale(2)}>
            Zoom out
          </button>
          <span class="note">
            {moment(period.from)} to {moment(period.to)}
          </span>
        </>
      )}
    </fieldset>
  );
}

function FlaggedRows({ lanes, onOpen }: { lanes: readonly Lane[]; onOpen: (row: Result) => void }) {
  const rows = lanes
    .flatMap((lane) => lane.rows)
    .filter(({ isAnomaly }) => isAnomaly)
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
    .slice(0, 100);
  return (
    <section aria-labelledby="flagged-rows">
      <h2 id="flagged-rows">Flagged rows</h2>
      {rows.length === 0 ? (
        <p class="note">None of these rows is flagged.</p>
      ) : (
        <Scroll label="Flagged rows" low>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">About</th>
                <th scope="col" class="number">
                  Score
                </th>
                <th scope="col" class="number">
                  p-value
                </th>
                <th scope="col">Verdict</th>
                <th scope="col">Row</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.id}>
                  <td>{moment(row.at)}</td>
                  <td>{entityName(row.entity)}</td>
                  <td class="number">{number(row.score)}</td>
                  <td class="number">{number(row.pValue, 2)}</td>
                  <td>
                    <VerdictTag verdict={row.verdict} />
                  </td>
                  <td class="controls">
                    <button type="button" onClick={() => onOpen(row)}>
                      Open {row.label ?? row.id}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

export const scores: Screen = {
  path: "scores",
  title: "Scores",
  purpose: "What was scored over time, a lane for each machine or whatever rows are about.",
  roles: ["review", "admin"],
  Content,
};

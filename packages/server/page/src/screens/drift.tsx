import { modelPath, withQuery } from "../api.js";
import { count, moment, number, percent } from "../format.js";
import { LineChart } from "../parts/line-chart.js";
import { Empty, Figure, Loaded, Tag } from "../parts/messages.js";
import { ModelChoice } from "../parts/model-choice.js";
import { Scroll } from "../parts/scroll.js";
import { linkTo } from "../route.js";
import type { Drift, Model, MovedColumns } from "../types.js";
import { useLoad } from "../use-load.js";
import type { Screen, ScreenProps } from "./screen.js";

const EVERY = 30;

function Content({ query, caller }: ScreenProps) {
  return (
    <ModelChoice screen="drift" query={query}>
      {(model) => <OneModel key={model.name} model={model} admin={caller.role === "admin"} />}
    </ModelChoice>
  );
}

function OneModel({ model, admin }: { model: Model; admin: boolean }) {
  const drift = useLoad<Drift>(modelPath(model.name, "/drift"), EVERY);
  return (
    <>
      <Loaded of={drift}>
        {(one) =>
          one.observed === 0 && one.behind === 0 ? (
            <Empty>
              <p>
                Version {one.version} has scored nothing yet that could have drifted. Send rows to{" "}
                <code>POST {modelPath(model.name, "/score")}</code>; they count here after some seconds.
              </p>
            </Empty>
          ) : (
            <Status drift={one} admin={admin} model={model.name} />
          )
        }
      </Loaded>
      {/* Rows from before the drift would hide it. */}
      <Columns model={model.name} from={drift.data?.alarm?.at} />
    </>
  );
}

function Status({ drift, model, admin }: { drift: Drift; model: string; admin: boolean }) {
  const { recent, history, logAlarm, delta } = drift;
  return (
    <>
      <p class="health" role="status">
        {drift.drift ? (
          <Tag kind="alarm">Drift: rows no longer look like those of training.</Tag>
        ) : (
          <Tag kind="good">No drift noticed.</Tag>
        )}
      </p>
      <dl class="figures">
        <Figure
          name="Rows looked at"
          note={drift.behind === 0 ? "all of them" : `${number(drift.behind)} to go`}
        >
          {number(drift.observed)}
        </Figure>
        <Figure name="Evidence" note={`the alarm is at ${number(logAlarm, 3)}`}>
          {number(drift.logValue, 3)}
        </Figure>
        <Figure name="Noticed" note={drift.alarm === null ? "" : `with row ${drift.alarm.result}`}>
          {drift.alarm === null ? "never" : moment(drift.alarm.at)}
        </Figure>
        {recent !== null && (
          <Figure
            name="Flagged of late"
            note={`of ${number(recent.rows)}; ${percent(recent.expectedFalseAlarmRate)} promised`}
          >
            {percent(recent.flagged / recent.rows)}
          </Figure>
        )}
      </dl>
      <h2>Evidence over time</h2>
      <LineChart
        label="Evidence of drift"
        x="row"
        lines={[{ name: "evidence", points: history.map(({ observed, logValue }) => [observed, logValue]) }]}
        limit={{ name: "alarm", y: logAlarm }}
      />
      <p class="note">
        The logarithm of what a player would have won who bets that rows changed; dashed is the alarm. Without
        drift it is ever reached with a chance of at most {percent(delta)}, however often you look.
      </p>
      <Pieces drift={drift} />
      <h2>What to do</h2>
      {drift.drift ? (
        <ol class="advice">
          <li>
            See below which columns moved, and since when on <a href={linkTo("scores", { model })}>Scores</a>.
            A sensor that broke, a unit that changed or a category that was renamed is mended where rows come
            from.
          </li>
          <li>
            If the plant has changed for good, say so on <a href={linkTo("review", { model })}>Review</a>, and{" "}
            {admin ? <a href={linkTo("jobs")}>refit or train the model anew</a> : "have it trained anew"}.
            Until then, the threshold's promise does not hold.
          </li>
          <li>
            The alarm stays with this version. The watch begins anew with the next one that is activated.
          </li>
        </ol>
      ) : (
        <p>Nothing. The watch goes on by itself with every row that is scored.</p>
      )}
    </>
  );
}

const PIECES = 8;

/** The course in so many pieces of about as many rows each. */
function Pieces({ drift: { history, recent } }: { drift: Drift }) {
  const size = Math.max(1, Math.ceil(history.length / PIECES));
  const pieces = Array.from({ length: Math.ceil(history.length / size) }, (_, k) =>
    history.slice(k * size, (k + 1) * size),
  );
  return (
    <>
      <h2>Flagged, piece by piece</h2>
      <Scroll label="Flagged rows, piece by piece" blocks>
        <table>
          <thead>
            <tr>
              <th scope="col">Until</th>
              <th scope="col" class="number">
                Rows
              </th>
              <th scope="col" class="number">
                Flagged
              </th>
              <th scope="col" class="number">
                Promised
              </th>
              <th scope="col" class="number">
                Evidence
              </th>
            </tr>
          </thead>
          <tbody>
            {pieces.map((piece) => {
              const last = piece.at(-1)!;
              const rows = piece.reduce((sum, one) => sum + one.rows, 0);
              const flagged = piece.reduce((sum, one) => sum + one.flagged, 0);
              return (
                <tr key={last.observed}>
                  <th scope="row">{moment(last.at)}</th>
                  <td class="number">{number(rows)}</td>
                  <td class="number">
                    {number(flagged)} ({percent(flagged / rows)})
                  </td>
                  <td class="number">{percent(recent?.expectedFalseAlarmRate)}</td>
                  <td class="number">{number(last.logValue, 3)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

function Columns({ model, from }: { model: string; from: string | undefined }) {
  const columns = useLoad<MovedColumns>(withQuery(modelPath(model, "/drift/columns"), { from }));
  return (
    <section aria-labelledby="columns">
      <h2 id="columns">Columns that moved</h2>
      <Loaded of={columns}>
        {({ columns: all, kept, note, since }) =>
          note !== null ? (
            <Empty>
              <p>{note}</p>
            </Empty>
          ) : (
            <>
              <p class="note">
                {since === null ? "The latest" : "Since the drift was noticed:"} {count(kept, "row")} beside
                those of training. By custom, an index of 0.1 is a small change and 0.25 a large one.
              </p>
              <ColumnTable columns={all} />
            </>
          )
        }
      </Loaded>
    </section>
  );
}

function ColumnTable({ columns }: { columns: MovedColumns["columns"] }) {
  return (
    <Scroll label="Columns" low blocks>
      <table>
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Moved</th>
            <th scope="col" class="number">
              Index
            </th>
            <th scope="col" class="number">
              By chance below
            </th>
            <th scope="col" class="number">
              Missing
            </th>
            <th scope="col" class="number">
              Out of range
            </th>
            <th scope="col">Never seen</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((one) => (
            <tr key={one.name}>
              <th scope="row">{one.name}</th>
              <td>
                {one.shifted || one.kind === "constant" ? (
                  <Tag kind="alarm">{one.kind === "constant" ? "no longer constant" : "moved"}</Tag>
                ) : (
                  <Tag kind="muted">no</Tag>
                )}
              </td>
              <td class="number">{number(one.psi, 2)}</td>
              <td class="number">{number(one.chanceLimit, 2)}</td>
              <td class="number">
                {percent(one.missing)}
                <small>{percent(one.missingInTraining)} in training</small>
              </td>
              <td class="number">{percent(one.outOfRange)}</td>
              <td class="text">
                {one.unseen === null || one.unseen === 0
                  ? "–"
                  : `${percent(one.unseen)}, such as “${one.unseenExample}”`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export const drift: Screen = {
  path: "drift",
  title: "Drift",
  purpose:
    "Whether rows still look like those that the model was trained on, and what to do where they do not.",
  roles: ["review", "admin"],
  Content,
};

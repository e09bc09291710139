import { count, mean, number, percent } from "../format.js";
import { DayBars, everyDay } from "../parts/day-bars.js";
import { IncidentTable } from "../parts/incident-table.js";
import { Empty, Figure, Loaded, Tag } from "../parts/messages.js";
import { linkTo } from "../route.js";
import type { Incident, ModelAtAGlance, Overview } from "../types.js";
import { useLoad } from "../use-load.js";
import type { Screen } from "./screen.js";

const DAYS = 28;
/** Seconds: a wall screen shows this one all day. */
const EVERY = 30;

function Content() {
  const seen = useLoad<Overview>(`/v1/overview?days=${DAYS}`, EVERY);
  const open = useLoad<{ incidents: Incident[]; next: string | null }>(
    "/v1/incidents?status=open&limit=20",
    EVERY,
  );
  return (
    <>
      <Health />
      <Loaded of={seen}>
        {({ models, from }) =>
          models.length === 0 ? (
            <Empty>
              <h2>No models yet</h2>
              <p>
                Upload a model file on the screen <a href={linkTo("models")}>Models</a>, or put files into the
                folder that the service was started with. <code>hypersphere train</code> makes them.
              </p>
            </Empty>
          ) : (
            <div class="cards">
              {models.map((model) => (
                <ModelCard key={model.name} model={model} from={from} />
              ))}
            </div>
          )
        }
      </Loaded>
      <section aria-labelledby="open-incidents">
        <h2 id="open-incidents">Open incidents</h2>
        <Loaded of={open}>
          {({ incidents, next }) =>
            incidents.length === 0 ? (
              <Empty>
                <p>
                  No incident is open. Flagged rows open one; it closes when nothing is added for a while.
                </p>
              </Empty>
            ) : (
              <>
                <IncidentTable incidents={incidents} />
                {next !== null && (
                  <p class="note">These are the latest {incidents.length}; there are more.</p>
                )}
              </>
            )
          }
        </Loaded>
      </section>
    </>
  );
}

function Health() {
  const ready = useLoad<{ status: string; database: boolean }>("/readyz", EVERY);
  const well = ready.data?.status === "ready";
  return (
    <p class="health" role="status">
      {ready.data === undefined && ready.error === undefined ? (
        <Tag kind="muted">Asking the service …</Tag>
      ) : well && ready.error === undefined ? (
        <Tag kind="good">The service answers, and its database too.</Tag>
      ) : (
        <Tag kind="alarm">{ready.error?.message ?? "The service is not ready."}</Tag>
      )}
    </p>
  );
}

function ModelCard({ model, from }: { model: ModelAtAGlance; from: string }) {
  const { name, days, falseAlarmRate: rate } = model;
  const found = new Map(days.map((one) => [one.day, one]));
  const bars = everyDay(from).map((day) => {
    const { rows = 0, flagged = 0 } = found.get(day) ?? {};
    return { day, alarms: flagged, promised: rate === null || rows === 0 ? null : rate * rows };
  });
  const promised = rate === null ? null : rate * mean(days.map(({ rows }) => rows));
  return (
    <article class="card">
      <header>
        <h2>{name}</h2>
        {model.openIncidents > 0 ? (
          <Tag kind="alarm">{count(model.openIncidents, "open incident")}</Tag>
        ) : (
          <Tag kind="calm">no open incident</Tag>
        )}
      </header>
      {days.length === 0 ? (
        <Empty>
          <p>
            No rows in the last {DAYS} days. Send some to <code>POST /v1/models/{name}/score</code>;{" "}
            <a href="/docs">the API</a> says how.
          </p>
        </Empty>
      ) : (
        <DayBars bars={bars} label={`Alarms of ${name} by day`} />
      )}
      <dl class="figures">
        <Figure
          name="Alarms a day"
          note={days.length === 0 ? "" : `of ${number(mean(days.map(({ rows }) => rows)), 3)} rows`}
        >
          {days.length === 0 ? "–" : number(mean(days.map(({ flagged }) => flagged)), 3)}
        </Figure>
        <Figure
          name="Promised"
          note={rate === null ? "nothing is promised" : `${percent(rate)} of normal rows`}
        >
          {days.length === 0 ? "–" : number(promised, 3)}
        </Figure>
        <Figure name="To review">{number(model.unreviewedIncidents)}</Figure>
        <Figure
          name="Version"
          note={model.operatingPoint === null ? "own threshold" : `point “${model.operatingPoint}”`}
        >
          {model.activeVersion ?? "none"}
        </Figure>
      </dl>
      <nav class="links" aria-label={`Screens of ${name}`}>
        <a href={linkTo("scores", { model: name })}>Scores</a>
        <a href={linkTo("threshold", { model: name })}>Threshold</a>
        <a href={linkTo("review", { model: name })}>Review</a>
        <a href={linkTo("drift", { model: name })}>Drift</a>
      </nav>
    </article>
  );
}

export const overview: Screen = {
  path: "overview",
  title: "Overview",
  purpose: `Alarms of the last ${DAYS} days against what was promised, and what is going on now.`,
  roles: ["review", "admin"],
  Content,
};

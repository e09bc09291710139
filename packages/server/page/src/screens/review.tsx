import { useEffect, useRef, useState } from "preact/hooks";
import { ask, withQuery } from "../api.js";
import { count, entityName, moment, number } from "../format.js";
import { Explanation } from "../parts/explanation.js";
import { Empty, Failure, Figure, Loaded, Tag } from "../parts/messages.js";
import { RowFigures } from "../parts/result-detail.js";
import { Verdicts } from "../parts/verdicts.js";
import { linkTo } from "../route.js";
import type { Incident, Model, PastVerdict, Result, Verdict } from "../types.js";
import { useAction, useLoad, useWork } from "../use-load.js";
import type { Screen, ScreenProps } from "./screen.js";

const BATCH = 100;

interface Page {
  readonly incidents: readonly Incident[];
  readonly next: string | null;
}

function Content({ query }: ScreenProps) {
  const { model, incident } = query;
  // One incident that a link named, or all that nobody judged.
  const page = useWork<Page>(
    async (signal) =>
      incident === undefined
        ? ask<Page>(withQuery("/v1/incidents", { model, reviewed: false, limit: BATCH }), { signal })
        : {
            incidents: [await ask<Incident>(`/v1/incidents/${encodeURIComponent(incident)}`, { signal })],
            next: null,
          },
    [model, incident],
  );
  const models = useLoad<{ models: Model[] }>("/v1/models");
  return (
    <>
      {model !== undefined && (
        <p class="controls">
          Incidents of <strong>{model}</strong> <a href={linkTo("review")}>All models</a>
          {incident !== undefined && <a href={linkTo("review", { model })}>All that wait</a>}
        </p>
      )}
      <Loaded of={models}>
        {(all) => (
          <Loaded of={page}>
            {(found) => (
              <Queue key={`${model} ${incident}`} page={found} models={all.models} onMore={page.reload} />
            )}
          </Loaded>
        )}
      </Loaded>
    </>
  );
}

function Queue({ page, models, onMore }: { page: Page; models: readonly Model[]; onMore: () => void }) {
  const { incidents } = page;
  const [place, setPlace] = useState(0);
  const [judged, setJudged] = useState<ReadonlyMap<number, Verdict>>(new Map());
  const heading = useRef<HTMLHeadingElement>(null);
  const { busy, error, run } = useAction();
  const incident = incidents[place];
  const go = (to: number) => setPlace(Math.max(0, Math.min(incidents.length, to)));
  const say = (verdict: Verdict, comment: string) => {
    if (incident === undefined) return;
    void run(async () => {
      await ask(`/v1/incidents/${incident.id}/verdicts`, { body: { verdict, comment } });
      setJudged((now) => new Map(now).set(incident.id, verdict));
      go(place + 1);
    });
  };
  useEffect(() => {
    if (place > 0) heading.current?.focus();
  }, [place]);
  if (incidents.length === 0) {
    return (
      <Empty>
        <h2>Nothing waits</h2>
        <p>
          Every incident has a verdict. New ones come when rows are flagged;{" "}
          <a href={linkTo("scores")}>Scores</a> shows what was scored.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <div class="progress">
        <progress aria-label="Judged" value={judged.size} max={incidents.length} />
        <span role="status">
          {judged.size} of {page.next !== null && "the latest "}
          {incidents.length} judged
        </span>
      </div>
      {incident === undefined ? (
        <Empty>
          <h2 ref={heading} tabIndex={-1}>
            That was all
          </h2>
          <p>
            {count(judged.size, "verdict")} given, {incidents.length - judged.size} skipped.
          </p>
          <button
            type="button"
            onClick={() => {
              setPlace(0);
              setJudged(new Map());
              onMore();
            }}
          >
            Look for more
          </button>{" "}
          <button type="button" onClick={() => go(place - 1)}>
            Back to the last
          </button>
        </Empty>
      ) : (
        <article class="card">
          <header>
            <h2 ref={heading} tabIndex={-1}>
              Incident {incident.id}: {entityName(incident.entity)}
            </h2>
            {incident.status === "open" ? <Tag kind="alarm">open</Tag> : <Tag kind="muted">closed</Tag>}
          </header>
          <Judge
            key={incident.id}
            busy={busy}
            verdict={judged.get(incident.id) ?? incident.verdict}
            onVerdict={say}
            onSkip={() => go(place + 1)}
            onBack={() => go(place - 1)}
          />
          {error !== undefined && <Failure error={error} />}
          <Shown
            key={incident.id}
            incident={incident}
            model={models.find(({ name }) => name === incident.model)}
          />
        </article>
      )}
    </>
  );
}

/** One key each: nobody wants to aim at buttons a hundred times. */
function Judge({
  busy,
  verdict,
  onVerdict,
  onSkip,
  onBack,
}: {
  busy: boolean;
  verdict: Verdict | null;
  onVerdict: (verdict: Verdict, comment: string) => void;
  onSkip: () => void;
  onBack: () => void;
}) {
  const [comment, setComment] = useState("");
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const { target, key } = event;
      const typing = target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
      if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (key === "n") onVerdict("normal", comment);
      else if (key === "a") onVerdict("anomaly", comment);
      else if (key === "s") onSkip();
      else if (key === "b") onBack();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
  return (
    <fieldset class="verdict">
      <legend class="hidden">Your verdict</legend>
      <button
        type="button"
        disabled={busy}
        aria-pressed={verdict === "normal"}
        onClick={() => onVerdict("normal", comment)}
      >
        Normal <kbd>n</kbd>
      </button>
      <button
        type="button"
        disabled={busy}
        aria-pressed={verdict === "anomaly"}
        onClick={() => onVerdict("anomaly", comment)}
      >
        Anomaly <kbd>a</kbd>
      </button>
      <button type="button" onClick={onSkip}>
        Skip <kbd>s</kbd>
      </button>
      <button type="button" onClick={onBack}>
        Back <kbd>b</kbd>
      </button>
      <label for="comment">Comment</label>
      <input
        id="comment"
        maxLength={2000}
        value={comment}
        onInput={(event) => setComment(event.currentTarget.value)}
      />
    </fieldset>
  );
}

function Shown({ incident, model }: { incident: Incident; model: Model | undefined }) {
  const told = useLoad<Incident & { verdicts: PastVerdict[] }>(`/v1/incidents/${incident.id}`);
  const rows = useLoad<{ results: Result[] }>(
    withQuery("/v1/results", { model: incident.model, incident: incident.id, limit: BATCH }),
  );
  return (
    <>
      <dl class="figures">
        <Figure name="Model" note={`version ${incident.version}`}>
          {incident.model}
        </Figure>
        <Figure name="From" note={`to ${moment(incident.lastAt)}`}>
          {moment(incident.firstAt)}
        </Figure>
        <Figure name="Flagged rows">{number(incident.flagged)}</Figure>
        <Figure name="Severity" note="1 at the threshold">
          {number(incident.severity, 3)}
        </Figure>
      </dl>
      {told.data !== undefined && <Verdicts verdicts={told.data.verdicts} />}
      <Loaded of={rows}>
        {({ results }) => {
          const worst = results.toSorted((a, b) => b.score - a.score)[0];
          if (worst === undefined) return <p class="note">Its rows are no longer there.</p>;
          return (
            <>
              <h3>Its worst row</h3>
              <RowFigures row={worst} />
              {model !== undefined && <Explanation row={worst} model={model} />}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

export const review: Screen = {
  path: "review",
  title: "Review",
  purpose: "Say what incidents were. Verdicts tell which threshold is right, and what a model should learn.",
  roles: ["review", "admin"],
  Content,
};

import { useMemo, useState } from "preact/hooks";
import { ask, modelPath } from "../api.js";
import { count, day, mean, number, percent } from "../format.js";
import { DayBars } from "../parts/day-bars.js";
import { Failure, Figure, Loaded, Tag } from "../parts/messages.js";
import { ModelChoice } from "../parts/model-choice.js";
import { PointTable } from "../parts/point-table.js";
import { linkTo } from "../route.js";
import type { Bin, Caller, OperatingPoints, ScoreHistogram } from "../types.js";
import { useAction, useLoad } from "../use-load.js";
import type { Screen, ScreenProps } from "./screen.js";

const DAYS = 28;

function Content({ query, caller }: ScreenProps) {
  return (
    <ModelChoice screen="threshold" query={query}>
      {(model) => <OfModel key={model.name} name={model.name} caller={caller} />}
    </ModelChoice>
  );
}

function OfModel({ name, caller }: { name: string; caller: Caller }) {
  const histogram = useLoad<ScoreHistogram>(modelPath(name, `/score-histogram?days=${DAYS}`));
  const points = useLoad<OperatingPoints>(modelPath(name, "/operating-points"));
  const changed = () => {
    histogram.reload();
    points.reload();
  };
  return (
    <>
      <Loaded of={histogram}>
        {(found) => <Slider name={name} found={found} caller={caller} onSaved={changed} />}
      </Loaded>
      <section aria-labelledby="points">
        <h2 id="points">Operating points</h2>
        <Loaded of={points}>
          {(listed) => <PointTable name={name} listed={listed} caller={caller} onChange={changed} />}
        </Loaded>
      </section>
    </>
  );
}

/** The bin from which on rows are flagged: the first whose threshold is not below the one given. */
function placeOf(bins: readonly Bin[], threshold: number | null): number {
  const place = threshold === null ? -1 : bins.findIndex((bin) => bin.threshold >= threshold);
  return place < 0 ? bins.length : place;
}

function Slider({
  name,
  found,
  caller,
  onSaved,
}: {
  name: string;
  found: ScoreHistogram;
  caller: Caller;
  onSaved: () => void;
}) {
  const { bins, days, rows, judged } = found;
  const [place, setPlace] = useState<number>();
  // Rows of each day from a bin upwards: a slider moves over sums, whatever the number of rows.
  const above = useMemo(() => sumsFromAbove(bins, days.length), [bins, days]);
  const inForce = placeOf(bins, found.threshold);
  const at = Math.min(place ?? inForce, bins.length);
  const moved = place !== undefined && place !== inForce;
  const threshold =
    moved || found.threshold === null ? (bins[at]?.threshold ?? highestOf(bins)) : found.threshold;
  const tried = bins[at]?.falseAlarmRate ?? bins.at(-1)?.falseAlarmRate ?? null;
  // The threshold in force lies within a step of the slider, and has a promise of its own.
  const rate = moved ? tried : (found.falseAlarmRate ?? tried);
  const alarms = above[at]!;
  const missed = judged.filter(({ verdict, score }) => verdict === "anomaly" && score <= threshold);
  const wrong = judged.filter(({ verdict, score }) => verdict === "normal" && score > threshold);
  const anomalies = judged.filter(({ verdict }) => verdict === "anomaly").length;
  const perDay = mean(alarms);
  return (
    <section class="card" aria-labelledby="slider-title">
      <header>
        <h2 id="slider-title">Threshold</h2>
        {moved ? <Tag kind="muted">tried out</Tag> : <Tag kind="good">in force</Tag>}
      </header>
      <label for="threshold">
        Flag scores above <output for="threshold">{number(threshold)}</output>
      </label>
      <input
        id="threshold"
        type="range"
        min={0}
        max={bins.length}
        step={1}
        value={at}
        aria-valuetext={`${number(threshold)}: ${number(perDay, 3)} alarms a day, ${number(missed.length)} known anomalies missed`}
        onInput={(event) => setPlace(event.currentTarget.valueAsNumber)}
      />
      <p class="ends" aria-hidden="true">
        <span>more alarms</span>
        <span>fewer alarms</span>
      </p>
      {days.length === 0 ? (
        <div class="empty">
          <p>
            This version scored no rows in the last {DAYS} days: only the promise is known, by its
            calibration. Send rows to <code>POST {modelPath(name, "/score")}</code> and come back.
          </p>
        </div>
      ) : (
        <DayBars
          label={`Alarms by day above ${number(threshold)}`}
          bars={days.map((one, k) => ({
            ...{ day: one, alarms: alarms[k]!, promised: rate === null ? null : rate * rows[k]! },
          }))}
        />
      )}
      <dl class="figures">
        <Figure
          name="Alarms a day"
          note={days.length === 0 ? "no rows yet" : `on ${count(days.length, "day")} since ${day(days[0]!)}`}
        >
          {days.length === 0 ? "–" : number(perDay, 3)}
        </Figure>
        <Figure name="Promise" note="of normal rows are flagged, by calibration">
          {percent(rate)}
        </Figure>
        <Figure
          name="Missed"
          note={
            anomalies === 0
              ? "nobody judged any an anomaly yet"
              : `of ${count(anomalies, "known anomaly", "known anomalies")}`
          }
        >
          {anomalies === 0 ? "–" : number(missed.length)}
        </Figure>
        <Figure name="Still false alarms" note={`of ${number(judged.length - anomalies)} judged normal`}>
          {judged.length === anomalies ? "–" : number(wrong.length)}
        </Figure>
      </dl>
      {missed.length > 0 && <Missed missed={missed} name={name} />}
      {moved && (
        <button type="button" onClick={() => setPlace(undefined)}>
          Back to the one in force
        </button>
      )}
      {caller.role === "admin" ? (
        <Save name={name} threshold={threshold} onSaved={onSaved} />
      ) : (
        <p class="note">An administrator can save a threshold as an operating point.</p>
      )}
    </section>
  );
}

/** Above all that was seen: flags nothing of it. */
const highestOf = (bins: readonly Bin[]): number => Math.fround((bins.at(-1)?.threshold ?? 0) * 1.02);

function sumsFromAbove(bins: readonly Bin[], days: number): number[][] {
  const sums: number[][] = [new Array(days).fill(0)];
  for (const { rows } of bins.toReversed()) sums.push(sums.at(-1)!.map((sum, k) => sum + rows[k]!));
  return sums.reverse();
}

function Missed({ missed, name }: { missed: ScoreHistogram["judged"]; name: string }) {
  return (
    <details>
      <summary>What would have been missed</summary>
      <ul>
        {missed.slice(0, 50).map(({ score, result, incident }) => (
          <li key={`${result} ${incident}`}>
            {incident === null ? (
              `Row ${result}`
            ) : (
              <a href={linkTo("review", { model: name, incident })}>Incident {incident}</a>
            )}
            , score {number(score)}
          </li>
        ))}
      </ul>
    </details>
  );
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

function Save({ name, threshold, onSaved }: { name: string; threshold: number; onSaved: () => void }) {
  const [point, setPoint] = useState("");
  const [saved, setSaved] = useState<string>();
  const { busy, error, run } = useAction();
  const save = async (use: boolean) => {
    const done = await run(async () => {
      const path = modelPath(name, `/operating-points/${encodeURIComponent(point)}`);
      await ask(path, { method: "PUT", body: { threshold } });
      if (use) await ask(modelPath(name, "/operating-point"), { method: "PUT", body: { name: point } });
    });
    if (!done) return;
    setSaved(use ? `“${point}” is saved and in force.` : `“${point}” is saved.`);
    onSaved();
  };
  return (
    <form
      class="controls"
      onSubmit={(event) => {
        event.preventDefault();
        void save(false);
      }}
    >
      <label for="point">Save as operating point</label>
      <input
        id="point"
        placeholder="night"
        maxLength={64}
        value={point}
        onInput={(event) => {
          setPoint(event.currentTarget.value);
          setSaved(undefined);
        }}
      />
      <button type="submit" disabled={busy || !NAME.test(point)}>
        Save
      </button>
      <button type="button" disabled={busy || !NAME.test(point)} onClick={() => void save(true)}>
        Save and put in force
      </button>
      <span role="status">{saved}</span>
      {error !== undefined && <Failure error={error} />}
    </form>
  );
}

export const threshold: Screen = {
  path: "threshold",
  title: "Threshold",
  purpose:
    "Where to draw the line: what each threshold would have flagged of the last weeks, and what it would have missed.",
  roles: ["review", "admin"],
  Content,
};

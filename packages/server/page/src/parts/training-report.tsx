import { count, number, percent } from "../format.js";
import type { ReportFigures } from "../types.js";
import { LineChart } from "./line-chart.js";
import { Figure, Tag } from "./messages.js";
import { Scroll } from "./scroll.js";

/** What a job's model learned: what to know first, then the figures behind it. */
export function TrainingReport({ report }: { report: ReportFigures }) {
  const { advice, rows, noun, agreement, curves, scores, least } = report;
  return (
    <>
      <h3>What to know, and what to do</h3>
      {advice.length === 0 ? (
        <p class="note">Nothing stood out.</p>
      ) : (
        <ul class="advice">
          {advice.map(({ weight, what, todo }) => (
            <li key={what}>
              <Tag kind={weight === "warning" ? "alarm" : "calm"}>{weight}</Tag> {what} <em>{todo}</em>
            </li>
          ))}
        </ul>
      )}
      <dl class="figures">
        <Figure name="Learned from">{count(rows.learned, noun.one, noun.many)}</Figure>
        <Figure name="Held out" note="to set the threshold">
          {count(rows.heldOut, noun.one, noun.many)}
        </Figure>
        <Figure name="Threshold">{number(scores.operatingPoints[0]?.threshold)}</Figure>
        {agreement !== null && (
          <Figure name="Like the untrained networks" note="near 1, training changed little">
            {number(agreement, 3)}
          </Figure>
        )}
      </dl>
      <ScoreBins report={report} />
      {curves.length > 0 && <h3>How the training went</h3>}
      {curves.map(({ name, points, unit = "epoch", kept, ended }) => (
        <div key={name}>
          <LineChart
            label={`Objective of ${name}`}
            x={unit}
            lines={[
              {
                name: "held out",
                points: points.map(({ epoch, validation }) => [epoch, validation ?? Number.NaN]),
              },
              {
                ...{ name: "learned from", soft: true },
                points: points.map(({ epoch, loss }) => [epoch, loss ?? Number.NaN]),
              },
            ]}
          />
          <p class="note">
            {name}: solid on rows held out, dashed on rows learned from. Ended with{" "}
            {ended === "all epochs" ? `all ${unit}s` : ended}; kept is {unit} {number(kept)}.
          </p>
        </div>
      ))}
      {least.length > 0 && (
        <>
          <h3>The least normal {noun.many}</h3>
          <p class="note">If there are faults among them, train without them.</p>
          <Scroll label={`The least normal ${noun.many}`} low>
            <table>
              <thead>
                <tr>
                  <th scope="col">{noun.one}</th>
                  <th scope="col" class="number">
                    Score
                  </th>
                  <th scope="col" class="number">
                    p-value
                  </th>
                  <th scope="col">Threshold</th>
                </tr>
              </thead>
              <tbody>
                {least.map((row) => (
                  <tr key={row.name}>
                    <th scope="row">{row.name}</th>
                    <td class="number">{number(row.score)}</td>
                    <td class="number">{number(row.pValue, 2)}</td>
                    <td>{row.flagged ? <Tag kind="alarm">above</Tag> : <Tag kind="muted">below</Tag>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </>
      )}
    </>
  );
}

const [SLOT, HALF] = [10, 50];

/** Rows learned from grow upwards, rows held out downwards: where both look alike, thresholds mean what they say. */
function ScoreBins({ report: { scores, noun } }: { report: ReportFigures }) {
  const { bins, upper, heldOut, operatingPoints } = scores;
  const scale = bins.logarithmic ? Math.log : (value: number): number => value;
  const width = bins.lower.length * SLOT;
  const share = (counts: readonly number[], rows: number, k: number): number =>
    counts[k]! / Math.max(1, rows);
  const most = Math.max(
    ...bins.lower.map((_, k) =>
      Math.max(share(bins.lower, heldOut.rows, k), share(bins.upper, upper?.rows ?? 1, k)),
    ),
  );
  const place = (score: number): number =>
    bins.high > bins.low
      ? ((scale(score) - scale(bins.low)) / (scale(bins.high) - scale(bins.low))) * width
      : width / 2;
  const tall = (value: number): number => (most > 0 ? (value / most) * (HALF - 2) : 0);
  const threshold = operatingPoints[0];
  return (
    <>
      <h3>Scores and threshold</h3>
      <figure class="lines">
        <svg
          viewBox={`0 0 ${width} ${2 * HALF}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Scores of ${count(heldOut.rows, noun.one, noun.many)} held out${upper === undefined ? "" : ` and of ${number(upper.rows)} learned from`}, from ${number(bins.low)} to ${number(bins.high)}; the threshold is ${number(threshold?.threshold)}.`}
        >
          {bins.lower.map((_, k) => {
            const [above, below] = [
              tall(share(bins.upper, upper?.rows ?? 1, k)),
              tall(share(bins.lower, heldOut.rows, k)),
            ];
            return (
              <g key={k}>
                <rect class="bar" x={k * SLOT + 1} y={HALF - above} width={SLOT - 2} height={above} />
                <rect class="bar held" x={k * SLOT + 1} y={HALF} width={SLOT - 2} height={below} />
              </g>
            );
          })}
          {threshold !== undefined && (
            <line
              class="promise"
              x1={place(threshold.threshold)}
              x2={place(threshold.threshold)}
              y1={0}
              y2={2 * HALF}
            />
          )}
        </svg>
        <figcaption>
          <span>{number(bins.low, 3)}</span>
          <span>
            {upper === undefined ? "" : "up: learned from; "}down: held out; dashed: threshold
            {heldOut.rows > 0 && `; ${percent(1 / (heldOut.rows + 1))} is the finest rate`}
          </span>
          <span>{number(bins.high, 3)}</span>
        </figcaption>
      </figure>
    </>
  );
}

import { exceeds } from "hypersphere/scoring";
import { useMemo } from "preact/hooks";
import type { Client } from "../client.js";
import { count, number, percent } from "../format.js";
import { scaleOf } from "../histogram.js";
import type { Scored, Slot, Trained } from "../protocol.js";
import { stretchesOf } from "../stretches.js";
import { FlaggedImages } from "./flagged-images.js";
import { FlaggedRows } from "./flagged-rows.js";
import { Figure, Notes } from "./messages.js";
import { ScoreLine } from "./score-line.js";
import { ThresholdChart } from "./threshold-chart.js";

/** Scores of one data set: their histogram with the threshold, what it flags, and why. */
export function Results({
  client,
  slot,
  scored,
  trained,
  threshold,
  onThreshold,
}: {
  client: Client;
  slot: Slot;
  scored: Scored;
  trained: Trained;
  threshold: number;
  onThreshold: (threshold: number) => void;
}) {
  const { scores, labels, names, timeline } = scored;
  const worst = useMemo(
    () => Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b),
    [scores],
  );
  const scale = useMemo(() => scaleOf(scores, trained.threshold), [scores, trained]);
  const flagged = useMemo(
    () => worst.filter((row) => exceeds(scores[row]!, threshold, trained.ties)),
    [worst, threshold],
  );
  const stretches = useMemo(
    () => timeline && stretchesOf(timeline, scores, new Set(flagged)),
    [timeline, scores, flagged],
  );
  const titles = useMemo(() => {
    const nameOf = (row: number): string => names?.[row] ?? `row ${row + 1}`;
    return (
      stretches &&
      new Map(
        stretches.map(({ first, last, peak, steps }) => [
          peak,
          `${nameOf(first)}${last === first ? "" : ` to ${nameOf(last)}`} (${count(steps, "step")})`,
        ]),
      )
    );
  }, [stretches, names]);
  // As the library's expectedFalseAlarmRate; importing that would bring all rules along.
  const rate = useMemo(() => {
    const { calibrationScores } = trained;
    return (
      (1 + calibrationScores.filter((score) => score > threshold).length) / (calibrationScores.length + 1)
    );
  }, [trained, threshold]);
  const anomalies = labels?.reduce((sum, label) => sum + (label === 1 ? 1 : 0), 0) ?? 0;
  const hits = labels === undefined ? 0 : flagged.filter((row) => labels[row] === 1).length;
  const wrong = labels === undefined ? 0 : flagged.filter((row) => labels[row] === 0).length;
  const images = scored.kind === "images";
  return (
    <>
      <ThresholdChart
        scores={scores}
        scale={scale}
        threshold={threshold}
        flagged={flagged.length}
        onThreshold={onThreshold}
      />
      {timeline !== undefined && (
        <ScoreLine scores={scores} timeline={timeline} names={names} scale={scale} threshold={threshold} />
      )}
      <p class="controls">
        <button
          type="button"
          disabled={threshold === trained.threshold}
          onClick={() => onThreshold(trained.threshold)}
        >
          Back to the rule’s threshold
        </button>
        <span class="note">Drag the line, or focus the chart and use the arrow keys.</span>
      </p>
      <dl class="figures">
        <Figure name="Flagged" note={`of ${count(scores.length, images ? "image" : "row")}`}>
          {number(flagged.length)} ({percent(scores.length === 0 ? 0 : flagged.length / scores.length)})
        </Figure>
        <Figure name="Normal rows flagged" note="estimated on rows held out">
          about {percent(rate)}
        </Figure>
        {anomalies > 0 && (
          <Figure name="Known anomalies found" note={`and ${count(wrong, "normal one")} flagged`}>
            {hits} of {anomalies}
          </Figure>
        )}
      </dl>
      <Notes of={scored.notes} title="How these data differ from the training data" />
      <h3>
        {images
          ? "Flagged images"
          : stretches === undefined
            ? "Flagged rows, and why"
            : "Flagged stretches, and why"}
      </h3>
      {images ? (
        <FlaggedImages
          client={client}
          slot={slot}
          scored={scored}
          order={flagged}
          threshold={threshold}
          maps={trained.maps}
        />
      ) : (
        <FlaggedRows
          key={slot}
          client={client}
          slot={slot}
          scored={scored}
          order={stretches?.map(({ peak }) => peak) ?? flagged}
          titles={titles}
          threshold={threshold}
        />
      )}
    </>
  );
}

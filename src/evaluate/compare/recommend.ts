import type { ComparisonSummary, DetectorSummary } from "./summary.js";

/** Differences in mean AUROC below this are not worth a slower or more complicated method. */
const NEGLIGIBLE = 0.005;

export interface Recommendation {
  /** The detector to use; undefined where none managed all data sets. */
  readonly detector: string | undefined;
  /** Full sentences, the verdict first. */
  readonly sentences: readonly string[];
}

/**
 * What a comparison means, in words. Among detectors that are as good as the best within 0.005 of mean AUROC, the one
 * that takes least time is recommended; the best, where nothing measured time.
 */
export function recommend({
  detectors,
  common,
  criticalDifference,
  failures,
}: ComparisonSummary): Recommendation {
  const ranked = detectors.filter(({ auroc }) => Number.isFinite(auroc));
  const [best] = ranked;
  const failed = failureSentences(detectors, failures.length);
  if (best === undefined) {
    const nothing = detectors.some(({ datasets }) => datasets > 0)
      ? "No data set was managed by all detectors: there is nothing to compare."
      : "No run succeeded: there is nothing to compare.";
    return { detector: undefined, sentences: [nothing, ...failed] };
  }
  const seconds = ({ fitSeconds, scoreSeconds }: DetectorSummary): number => fitSeconds + scoreSeconds;
  const choice = ranked
    .filter(({ auroc }) => best.auroc - auroc < NEGLIGIBLE)
    .reduce((fastest, candidate) => (seconds(candidate) < seconds(fastest) ? candidate : fastest), best);
  const sentences = [`Use ${choice.detector} here: ${reason(choice, best, ranked, seconds)}.`];

  const runnerUp = ranked.find(({ detector }) => detector !== choice.detector);
  if (runnerUp !== undefined && criticalDifference !== undefined) {
    const apart = Math.abs(runnerUp.rank - choice.rank);
    sentences.push(
      apart > criticalDifference
        ? `Over ${common.length} data sets their mean ranks differ significantly (Nemenyi, 5 %).`
        : `Over ${common.length} data sets the mean ranks of ${choice.detector} and ${runnerUp.detector} do not differ significantly (Nemenyi, 5 %).`,
    );
  }
  for (const { detector, auroc, untrainedAuroc } of ranked) {
    if (untrainedAuroc === null) continue;
    const gain = auroc - untrainedAuroc;
    sentences.push(
      gain < NEGLIGIBLE
        ? `Training did not help ${detector}: its networks have ${untrainedAuroc.toFixed(3)} before training and ${auroc.toFixed(3)} after.`
        : `Training gave ${detector} ${gain.toFixed(3)} over its untrained networks.`,
    );
  }
  sentences.push(...failed);
  if (ranked.length > 1)
    sentences.push("This choice was made with labels: expect a little less on data that had no part in it.");
  return { detector: choice.detector, sentences };
}

function failureSentences(detectors: readonly DetectorSummary[], failures: number): string[] {
  if (failures === 0) return [];
  const lost = detectors.filter(({ datasets }) => datasets === 0).map(({ detector }) => detector);
  const some = detectors.some((summary) => summary.datasets > 0 && summary.failures > 0);
  const runs = failures === 1 ? "1 run" : `${failures} runs`;
  return [
    `${runs} failed${some ? "; data sets with a failure are left out of means and ranks" : ""}.`,
    ...(lost.length > 0 && lost.length < detectors.length
      ? [`Without any result, and left out of the comparison: ${lost.join(", ")}.`]
      : []),
  ];
}

/** A difference that three digits do not show, and how to say so. */
const LEAST = "0.000";
const DIGITS = " to three digits";

function reason(
  choice: DetectorSummary,
  best: DetectorSummary,
  ranked: readonly DetectorSummary[],
  seconds: (summary: DetectorSummary) => number,
): string {
  if (ranked.length === 1)
    return `it was the only detector compared, with a mean AUROC of ${choice.auroc.toFixed(3)}`;
  if (choice !== best) {
    const margin = (best.auroc - choice.auroc).toFixed(3);
    const near = margin === LEAST ? `no worse than ${best.detector}` : `within ${margin} of ${best.detector}`;
    return `it is ${near} in mean AUROC${margin === LEAST ? DIGITS : ""}, and ${pace(seconds(best) / seconds(choice))}`;
  }
  const second = ranked.find(({ detector }) => detector !== choice.detector)!;
  const lead = (choice.auroc - second.auroc).toFixed(3);
  const speed = seconds(second) / seconds(choice);
  const relation = Number.isNaN(speed) ? "" : speed >= 1 ? `, and ${pace(speed)}` : `, though ${pace(speed)}`;
  return lead === LEAST
    ? `it and ${second.detector} have the same mean AUROC${DIGITS}${relation}`
    : `it is ahead of ${second.detector} by ${lead} in mean AUROC${relation}`;
}

function pace(times: number): string {
  const rounded = (factor: number): string => (factor >= 10 ? factor.toFixed(0) : factor.toFixed(1));
  if (times > 0.9 && times < 1.1) return "about as fast";
  return times >= 1 ? `${rounded(times)} times faster` : `${rounded(1 / times)} times slower`;
}

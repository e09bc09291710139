/** A summary of a ranking, with the warnings that a bare AUROC hides. */
import { type AurocInterval, aurocInterval } from "./delong.js";
import { checkRanking, type Labels } from "./labels.js";
import { adjustedAveragePrecision, auroc, averagePrecision, prevalence, sweep } from "./ranking.js";

export interface RankingSummary {
  anomalies: number;
  normals: number;
  auroc: number;
  /** DeLong's interval; absent with fewer than two rows of a class. */
  aurocInterval?: AurocInterval;
  averagePrecision: number;
  /** What average precision would be by chance. */
  prevalence: number;
  adjustedAveragePrecision: number;
  /** Number of different scores; one means that the model separates nothing, two that decisions were passed for scores. */
  distinctScores: number;
  /** Warnings in full sentences; empty when all is well. */
  notes: string[];
}

/** Below this many anomalies any figure depends on single rows. */
const FEW_ANOMALIES = 20;
/** Below this prevalence AUROC flatters: 1 % false alarms may outnumber the anomalies ten to one. */
const LOW_PREVALENCE = 0.01;

/** AUROC never without average precision and its chance level. Errors as in `auroc`. */
export function summarizeRanking(labels: Labels, scores: ArrayLike<number>, level = 0.95): RankingSummary {
  const { anomalies, normals } = checkRanking(labels, scores, "summarizeRanking");
  const distinctScores = sweep(labels, scores, "summarizeRanking").scores.length;
  const share = prevalence(labels);
  const notes: string[] = [];
  if (distinctScores === 1) {
    notes.push("Every row has the same score: the model separates nothing.");
  } else if (distinctScores === 2 && scores.length > 2) {
    notes.push("There are only two different scores: were decisions or labels passed instead of scores?");
  } else if (distinctScores < scores.length / 2) {
    notes.push(`Only ${distinctScores} of ${scores.length} scores are different; ties count half in AUROC.`);
  }
  if (anomalies < FEW_ANOMALIES) {
    notes.push(`With ${anomalies} anomalies the figures depend on single rows: read the interval.`);
  }
  if (share < LOW_PREVALENCE) {
    notes.push(
      `At a prevalence of ${(100 * share).toPrecision(2)} % average precision matters more than AUROC.`,
    );
  }
  return {
    anomalies,
    normals,
    auroc: auroc(labels, scores),
    ...(anomalies >= 2 && normals >= 2 ? { aurocInterval: aurocInterval(labels, scores, level) } : {}),
    averagePrecision: averagePrecision(labels, scores),
    prevalence: share,
    adjustedAveragePrecision: adjustedAveragePrecision(labels, scores),
    distinctScores,
    notes,
  };
}

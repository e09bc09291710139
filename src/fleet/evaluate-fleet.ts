import type { Samples } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { type Evaluation, figuresOf } from "../evaluate/index.js";
import { labelCounts } from "../features/index.js";
import { auroc } from "../metrics/index.js";
import type { Fleet, FleetScoreOptions, FleetScores } from "./fleet.js";
import { partsOf } from "./parts.js";

/** How good the model in charge of an entity is on its rows. */
export interface EntityEvaluation {
  readonly entity: string;
  readonly own: boolean;
  readonly normals: number;
  readonly anomalies: number;
  /** Anomalies and normal rows that were flagged. */
  readonly found: number;
  readonly falseAlarms: number;
  /** Null where all rows are of one class. */
  readonly auroc: number | null;
}

/** Figures over all rows; scores of several models are ranked by their severities, so that the threshold is 1. */
export interface FleetEvaluation extends Omit<Evaluation, "ranges" | "pixels"> {
  readonly entities: readonly EntityEvaluation[];
  readonly scores: FleetScores;
}

/**
 * Scores labelled rows of a fleet and measures how well its models rank and decide, together and one by one. There is no
 * untrained control: networks of several models are not compared as one.
 * @throws HypersphereError `unfit-data` for samples without a single label; as `Fleet.score`
 */
export async function evaluateFleet(
  fleet: Fleet,
  samples: Samples,
  options: FleetScoreOptions = {},
): Promise<FleetEvaluation> {
  const { labels, data } = samples;
  if (labels === undefined || !labels.some((label) => label >= 0)) {
    throw new HypersphereError("unfit-data", `${data.source} has no labels to measure the fleet by.`, {
      hint: "Tables and series have labels in a column.",
    });
  }
  const scores = await fleet.score(samples, options);
  const measured = (row: number): boolean => labels[row]! >= 0 && !Number.isNaN(scores.scores[row]);
  const rows = Uint32Array.from(labels.keys()).filter(measured);
  const { ranking, decision, notes } = figuresOf({
    labels: Int8Array.from(rows, (row) => labels[row]!),
    scores: Float32Array.from(rows, (row) => finite(scores.severities[row]!)),
    isAnomaly: Uint8Array.from(rows, (row) => scores.isAnomaly[row]!),
    threshold: 1,
    untrained: undefined,
    window: undefined,
  });
  const of = labelCounts(Int8Array.from(rows, (row) => labels[row]!));
  return {
    ranking,
    decision: { ...decision, expectedFalseAlarmRate: null },
    untrained: null,
    counts: {
      ...of,
      unlabelled: labelCounts(labels).unlabelled,
      uncovered: labels.filter((label, row) => label >= 0 && Number.isNaN(scores.scores[row])).length,
    },
    notes,
    differences: scores.notes,
    entities: partsOf(samples).map(({ name = "", rows: own }) =>
      entityFigures(name, fleet.has(name), own.filter(measured), labels, scores),
    ),
    scores,
  };
}

/** A threshold that is not above the usual score says nothing of how far a row is above it. */
const finite = (severity: number): number => (Number.isFinite(severity) ? severity : 0);

function entityFigures(
  entity: string,
  own: boolean,
  rows: Uint32Array,
  labels: Int8Array,
  { scores, isAnomaly }: FleetScores,
): EntityEvaluation {
  const mine = Int8Array.from(rows, (row) => labels[row]!);
  const { normals, anomalies } = labelCounts(mine);
  const flagged = (label: number): number =>
    rows.reduce((sum, row) => sum + (labels[row] === label ? isAnomaly[row]! : 0), 0);
  return {
    ...{ entity, own, normals, anomalies, found: flagged(1), falseAlarms: flagged(0) },
    auroc:
      normals > 0 && anomalies > 0
        ? auroc(
            mine,
            Float32Array.from(rows, (row) => scores[row]!),
          )
        : null,
  };
}

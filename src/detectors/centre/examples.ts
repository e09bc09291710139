import type { FeatureMatrix } from "../../features/index.js";
import type { RandomStream } from "../../math/random.js";
import type { TrainingData } from "../../model/contract.js";
import { float32 } from "../../runtime/index.js";
import { handedOver } from "../networks/hand-over.js";
import { joined } from "../networks/joined.js";
import type { Examples } from "./objective.js";
import type { BATCHES } from "./options.js";

/** How an epoch visits training rows and negatives. */
type Batches = "shuffled" | "balanced";

/** What the loss is told of each row: of training rows one by one, of negatives all the same. */
type Columns = Readonly<
  Record<string, { readonly train: (row: number) => number; readonly negative: number }>
>;

/** Labelled anomalies and outliers as one matrix; without rows where a fit was given neither. */
function negativesOf({ train, anomalies, outliers }: TrainingData): FeatureMatrix {
  return joined(train.columns, [anomalies, outliers]);
}

/** Few labels are shuffled among all rows, as in Deep SAD; outliers take turns with them, as in outlier exposure. */
export function batchesFor(chosen: (typeof BATCHES)[number], { outliers }: TrainingData): Batches {
  if (chosen !== "auto") return chosen;
  return outliers === undefined ? "shuffled" : "balanced";
}

/** Share of negatives among the rows that an epoch visits. */
export function shareOfNegatives(batches: Batches, data: TrainingData): number {
  const negatives = countNegatives(data);
  if (negatives === 0) return 0;
  return batches === "balanced" ? 0.5 : negatives / (data.train.rows + negatives);
}

export const countNegatives = ({ anomalies, outliers }: TrainingData): number =>
  (anomalies?.rows ?? 0) + (outliers?.rows ?? 0);

/** The training rows and, after them, the negatives. Every training row is visited once an epoch in any case. */
export function labelledExamples(data: TrainingData, batches: Batches, columns: Columns): Examples {
  const { train } = data;
  const negatives = negativesOf(data);
  const rows = train.rows + negatives.rows;
  const balanced = batches === "balanced" && negatives.rows > 0;
  const column = ({ train: ofTrain, negative }: Columns[string]): Float32Array =>
    Float32Array.from({ length: rows }, (_, row) => (row < train.rows ? ofTrain(row) : negative));
  return {
    matrix: handedOver(joined(train.columns, [train, negatives])),
    negatives,
    data: Object.fromEntries(
      Object.entries(columns).map(([name, each]) => [name, float32([rows], column(each))]),
    ),
    visits: balanced ? 2 * train.rows : rows,
    order: (stream) =>
      balanced ? alternating(train.rows, negatives.rows, stream) : stream.permutation(rows),
  };
}

/** A training row, a negative, a training row, ...: every training row once, negatives again when all had their turn. */
function alternating(rows: number, negatives: number, stream: RandomStream): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(2 * rows);
  const first = stream.permutation(rows);
  let others = stream.permutation(negatives);
  for (let k = 0; k < rows; k++) {
    if (k > 0 && k % negatives === 0) others = stream.permutation(negatives);
    order[2 * k] = first[k]!;
    order[2 * k + 1] = rows + others[k % negatives]!;
  }
  return order;
}

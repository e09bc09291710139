import { type Dataset, type Labels, splitLabels, type Table } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { selectSamples } from "../../features/index.js";
import type { Model } from "../../model/index.js";
import { count, counted } from "../../text/format.js";
import type { CliContext } from "../command.js";
import { isNpz, type ReadDataOptions, readData } from "../files/read-data.js";
import type { LabelFlags } from "../flags/data-flags.js";
import { holdsWindows } from "./windows.js";

/** Observations without their labels, and those. */
export interface LabelledData<D extends Dataset = Table> {
  readonly features: D;
  /** One per observation; undefined where the data says none. */
  readonly labels: Labels | undefined;
  readonly labelColumn: string | undefined;
}

/** Reads a table and takes its labels out: from the column that a flag names, or from the array y of an NPZ archive. */
export async function readLabelled(
  path: string,
  flags: ReadDataOptions & LabelFlags,
  context: CliContext,
): Promise<LabelledData> {
  const { labelColumn: named, normalLabel, anomalyLabel } = flags;
  const npz = named === undefined && (await isNpz(path));
  const table = await readData(path, flags, context);
  const labelColumn = named ?? (npz && table.columns.some(({ name }) => name === "y") ? "y" : undefined);
  if (labelColumn === undefined) {
    if (normalLabel !== undefined || anomalyLabel !== undefined) {
      throw new HypersphereError("invalid-option", "A label was given, but not the column to find it in.", {
        hint: "Add --label-column.",
      });
    }
    return { features: table, labels: undefined, labelColumn };
  }
  const { features, labels } = splitLabels(table, labelColumn, { normalLabel, anomalyLabel });
  return { features, labels, labelColumn };
}

/** Refuses before anything is read or trained. @throws HypersphereError `invalid-option` without a label column */
export async function requireLabelColumn(
  path: string,
  { card: { schema } }: Model,
  { labelColumn }: LabelFlags,
): Promise<void> {
  // Images have their labels from folders or classes, windows that were cut already from their file.
  if (schema.kind === "images" || labelColumn !== undefined || holdsWindows(path)) return;
  if (!(await isNpz(path))) throw noLabels();
}

export function noLabels(): HypersphereError {
  return new HypersphereError("invalid-option", "It is not said which column holds the labels.", {
    hint: "Add --label-column; `hypersphere inspect` lists the columns of a file.",
  });
}

export interface Tally {
  readonly normals: number;
  readonly anomalies: number;
  readonly unlabelled: number;
}

export function tally(labels: Labels): Tally {
  let normals = 0;
  let anomalies = 0;
  for (const label of labels) {
    if (label === 0) normals++;
    else if (label === 1) anomalies++;
  }
  return { normals, anomalies, unlabelled: labels.length - normals - anomalies };
}

/** The observations labelled normal. @throws HypersphereError `unfit-data` when there is none */
export function normalSamples({ features, labels, labelColumn }: LabelledData<Dataset>): Dataset {
  if (labels === undefined) return features;
  const { normals, anomalies, unlabelled } = tally(labels);
  if (normals === 0) {
    const what = [
      anomalies > 0 && counted(anomalies, "anomaly", "anomalies"),
      unlabelled > 0 && counted(unlabelled, "row without a label", "rows without a label"),
    ];
    throw new HypersphereError(
      "unfit-data",
      `${features.source}: label column "${labelColumn}" has no normal rows to learn from, only ${what.filter((part) => part !== false).join(" and ")}.`,
      { hint: "Say which label means normal with --normal-label." },
    );
  }
  return selectSamples(
    features,
    rowsWhere(labels, (label) => label === 0),
  );
}

export function rowsWhere(labels: Labels, wanted: (label: number) => boolean): Uint32Array {
  const rows = new Uint32Array(labels.length);
  let length = 0;
  labels.forEach((label, row) => {
    if (wanted(label)) rows[length++] = row;
  });
  return rows.slice(0, length);
}

/** "900 normal rows, 95 anomalies (5 rows without a label left out)". */
export function describeTally({ normals, anomalies, unlabelled }: Tally): string {
  const left = unlabelled > 0 ? ` (${counted(unlabelled, "row")} without a label left out)` : "";
  return `${counted(normals, "normal row")}, ${counted(anomalies, "anomaly", "anomalies")}${left}`;
}

/**
 * "900 of 1,000 rows (95 anomalies and 5 unlabelled rows left out)".
 * @param learned whether rows of all labels are learned from, and none is left out
 */
export function describeRows(tallied: Tally | undefined, used: number, learned = false): string {
  if (tallied === undefined) return counted(used, "row");
  const { normals, anomalies, unlabelled } = tallied;
  if (learned) {
    return `${counted(used, "row")} (${count(normals)} labelled normal, ${counted(anomalies, "anomaly", "anomalies")}, ${count(unlabelled)} not judged)`;
  }
  const total = normals + anomalies + unlabelled;
  const left = [
    anomalies > 0 && counted(anomalies, "anomaly", "anomalies"),
    unlabelled > 0 && counted(unlabelled, "unlabelled row"),
  ].filter((part) => part !== false);
  if (left.length === 0) return `${counted(used, "row")}, all labelled normal`;
  return `${count(used)} normal rows of ${count(total)} (${left.join(" and ")} left out)`;
}

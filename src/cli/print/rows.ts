import type { LabelCounts } from "../../features/index.js";
import { count, counted } from "../../text/format.js";

/** "900 normal rows, 95 anomalies (5 rows without a label left out)". */
export function describeCounts({ normals, anomalies, unlabelled }: LabelCounts): string {
  const left = unlabelled > 0 ? ` (${counted(unlabelled, "row")} without a label left out)` : "";
  return `${counted(normals, "normal row")}, ${counted(anomalies, "anomaly", "anomalies")}${left}`;
}

/**
 * "900 of 1,000 rows (95 anomalies and 5 unlabelled rows left out)".
 * @param learned whether rows of all labels are learned from, and none is left out
 */
export function describeRows(counts: LabelCounts | undefined, used: number, learned = false): string {
  if (counts === undefined) return counted(used, "row");
  const { normals, anomalies, unlabelled } = counts;
  if (learned) {
    return `${counted(used, "row")} (${count(normals)} labelled normal, ${counted(anomalies, "anomaly", "anomalies")}, ${count(unlabelled)} unlabelled)`;
  }
  const total = normals + anomalies + unlabelled;
  const left = [
    anomalies > 0 && counted(anomalies, "anomaly", "anomalies"),
    unlabelled > 0 && counted(unlabelled, "unlabelled row"),
  ].filter((part) => part !== false);
  if (left.length === 0) return `${counted(used, "row")}, all labelled normal`;
  return `${count(used)} normal rows of ${count(total)} (${left.join(" and ")} left out)`;
}

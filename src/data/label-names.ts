/** Without what separates words, in lower case: what is wrong with a row. */
const ANOMALY_NAMES = new Set([
  ...["anomaly", "anomalies", "anomalous", "abnormal", "outlier", "outliers", "novelty", "normal"],
  ...["fraud", "fraudulent", "attack", "malicious", "malware", "intrusion", "defect", "defective"],
  ...["fault", "faulty", "failure"],
]);
const LABEL_NAMES = new Set([
  ...["y", "label", "labels", "class", "classes", "target", "targets", "groundtruth", "truth", "verdict"],
  ...ANOMALY_NAMES,
]);

/** Whether a column or an array is called as labels usually are. */
export function isLabelName(name: string): boolean {
  const word = name.toLowerCase().replace(/[^a-z]/g, "");
  const bare = word.replace(/^(?:is|has)|(?:flag|label|cat|category|type)$/g, "");
  // "machine_failure", but not "vehicle_class".
  const last = name
    .toLowerCase()
    .split(/[^a-z]+/)
    .at(-1)!;
  return LABEL_NAMES.has(word) || LABEL_NAMES.has(bare) || ANOMALY_NAMES.has(last);
}

/** Without what separates words, in lower case. */
const LABEL_NAMES = new Set([
  ...["y", "label", "labels", "class", "classes", "target", "targets", "groundtruth", "truth", "verdict"],
  ...["anomaly", "anomalies", "anomalous", "abnormal", "outlier", "outliers", "novelty", "normal"],
  ...["fraud", "fraudulent", "attack", "malicious", "malware", "intrusion", "defect", "defective"],
  ...["fault", "faulty", "failure"],
]);

/** Whether a column or an array is called as labels usually are. */
export function isLabelName(name: string): boolean {
  const word = name.toLowerCase().replace(/[^a-z]/g, "");
  return LABEL_NAMES.has(word) || LABEL_NAMES.has(word.replace(/^(is|has)|(flag|label)$/g, ""));
}

/** Without what separates words, in lower case: what is wrong with a row. */
const ANOMALY_NAMES = new Set([
  ...["anomaly", "anomalies", "anomalous", "abnormal", "outlier", "outliers", "novelty", "normal"],
  ...["fraud", "fraudulent", "attack", "malicious", "malware", "intrusion", "defect", "defective"],
  ...["fault", "faulty", "failure"],
]);
/** What says of every row which kind it is. */
const KIND_NAMES = new Set([
  ...["label", "labels", "ytrue", "groundtruth", "truth", "gt", "annotation", "annotations", "changepoint"],
  // French, Spanish, Portuguese and Italian; accents do not count.
  ...["lbl", "etiquette", "etiqueta", "rotulo", "etichetta"],
]);
const LABEL_NAMES = new Set([
  ...[
    "y",
    "class",
    "classes",
    "target",
    "targets",
    "verdict",
    "outcome",
    "passfail",
    "spam",
    "bad",
    "suspicious",
    "diagnosis",
    "klasse",
    "classe",
    "clase",
  ],
  ...KIND_NAMES,
  ...ANOMALY_NAMES,
]);

/** Whether a column or an array is called as labels usually are. */
export function isLabelName(name: string): boolean {
  const { word, bare, last } = wordsOf(name);
  return [word, bare].some((each) => LABEL_NAMES.has(each)) || isLast(last);
}

/** Whether a column can hardly be called so unless it says which kind each row is: a class or a target may be anything. */
export function isSurelyLabelName(name: string): boolean {
  const { word, bare, last } = wordsOf(name);
  return (
    [word, bare].some((each) => each !== "normal" && (KIND_NAMES.has(each) || ANOMALY_NAMES.has(each))) ||
    isLast(last)
  );
}

/** "machine_failure" and "binaryLabel", but not "vehicle_class". */
const isLast = (word: string): boolean => ANOMALY_NAMES.has(word) || /^labels?$/.test(word);

function wordsOf(given: string): { word: string; bare: string; last: string } {
  const name = given.normalize("NFKD").replace(/\p{M}/gu, "");
  const word = name.toLowerCase().replace(/[^a-z]/g, "");
  const bare = word.replace(/^(?:is|has)|(?:flag|label|cat|category|type|binary|id|encoded)$/g, "");
  const last = name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .at(-1)!;
  return { word, bare, last };
}

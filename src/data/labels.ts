import { HypersphereError } from "../errors.js";
import { closestName } from "../text/closest-name.js";
import { defaultMissingTokens } from "../text/missing-tokens.js";
import { nameKey } from "../text/name-key.js";
import { parseNumber } from "../text/parse-number.js";
import { shown } from "../text/shown.js";
import { findColumn, makeTable } from "./table/make-table.js";
import type { Column, Table } from "./table/table.js";

/** One label per row: 1 anomaly, 0 normal, -1 unlabelled. */
export type Labels = Int8Array;

export interface LabelOptions {
  /** The value that means normal. Without `anomalyLabel`, every other value is an anomaly. */
  normalLabel?: string | number | undefined;
  /** The value that means anomaly. Without `normalLabel`, every other value is normal. */
  anomalyLabel?: string | number | undefined;
}

/** Values understood by default, in lower case. -1 and 1 are not among them: conventions contradict each other. */
export const normalWords: readonly string[] = [
  "0",
  "normal",
  "inlier",
  "good",
  "ok",
  "pass",
  "passed",
  "accept",
  "accepted",
  "healthy",
  "benign",
  "false",
  "no",
];
export const anomalyWords: readonly string[] = [
  "1",
  "anomaly",
  "anomalous",
  "abnormal",
  "outlier",
  "bad",
  "ng",
  "nok",
  "not ok",
  "fail",
  "failed",
  "failure",
  "fault",
  "faulty",
  "reject",
  "rejected",
  "unhealthy",
  "defect",
  "defective",
  "malicious",
  "attack",
  "fraud",
  "true",
  "yes",
];

/**
 * Takes the label column out of a table. Missing labels are unlabelled. Without options the values must be among
 * `normalWords` and `anomalyWords` (in any case, also in quotation marks); with options they are compared as they are written, but
 * for numbers (1 and 1.0), truth values (true and True) and texts that look the same.
 *
 * @throws HypersphereError `unfit-data` when the column is not there, has values that are not understood, or lacks
 * the value that was given as normal (or anomaly)
 */
export function splitLabels(
  table: Table,
  labelColumn: string,
  options: LabelOptions = {},
): { features: Table; labels: Labels } {
  const column = findColumn(table, labelColumn, "label column");
  const others = table.columns.filter((candidate) => candidate !== column);
  if (others.length === 0) {
    throw new HypersphereError(
      "unfit-data",
      `${table.source}: there is no column besides the label column "${labelColumn}".`,
    );
  }
  return {
    features: makeTable(others, table.source, table.reading),
    labels: columnLabels(column, table.source, options),
  };
}

/** The labels that a column states; see `splitLabels`. */
export function columnLabels(column: Column, source = "<memory>", options: LabelOptions = {}): Labels {
  const { texts, codes } = distinctValues(column);
  const meaning =
    options.normalLabel === undefined && options.anomalyLabel === undefined
      ? meaningByWords(texts, column.name, source)
      : meaningByOptions(texts, column.name, source, options);
  return Int8Array.from(codes, (code) => (code < 0 ? -1 : meaning[code]!));
}

function distinctValues(column: Column): { texts: readonly string[]; codes: Int32Array } {
  if (column.kind === "categorical") {
    const used = new Uint8Array(column.levels.length);
    for (const code of column.codes) if (code >= 0) used[code] = 1;
    if (used.every((flag) => flag === 1)) return { texts: column.levels, codes: column.codes };
    // A selection of rows keeps levels that none of its rows has: they must not count as values found.
    const position = new Int32Array(column.levels.length).fill(-1);
    const texts = column.levels.filter((_, code) => used[code] === 1);
    let next = 0;
    for (let code = 0; code < used.length; code++) if (used[code] === 1) position[code] = next++;
    return { texts, codes: column.codes.map((code) => (code < 0 ? -1 : position[code]!)) };
  }
  const known = new Map<number, number>();
  const codes = Int32Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return -1;
    const code = known.get(value) ?? known.size;
    known.set(value, code);
    return code;
  });
  return { texts: Array.from(known.keys(), String), codes };
}

function meaningByWords(texts: readonly string[], name: string, source: string): Int8Array {
  const meaning = new Int8Array(texts.length);
  let foreign = false;
  for (let i = 0; i < texts.length; i++) {
    const text = bare(texts[i]!);
    const number = parseNumber(text);
    const word = number === undefined ? text.toLowerCase() : String(number);
    if (anomalyWords.includes(word)) meaning[i] = 1;
    else if (!normalWords.includes(word)) foreign = true;
  }
  if (!foreign) return meaning;
  const minusOne = texts.some((text) => parseNumber(text) === -1);
  throw new HypersphereError(
    "unfit-data",
    `${source}: label column "${name}" has ${found(texts)}, where 0/1, normal/anomaly, inlier/outlier, good/bad ` +
      "or false/true were expected.",
    {
      hint: minusOne
        ? '-1 is an outlier in scikit-learn and an unlabelled row elsewhere: say which value is normal (option "normalLabel").'
        : 'Say which value is normal (option "normalLabel"); every other value then is an anomaly.',
    },
  );
}

function meaningByOptions(
  texts: readonly string[],
  name: string,
  source: string,
  options: LabelOptions,
): Int8Array {
  const { normalLabel, anomalyLabel } = options;
  for (const [option, value] of Object.entries({ normalLabel, anomalyLabel })) {
    if (value === undefined || typeof value === "string" || typeof value === "number") continue;
    throw new HypersphereError(
      "invalid-option",
      `option "${option}" is ${shown(value)}, expected a text or a number, as the cells of the label column are.`,
    );
  }
  const normal = normalLabel === undefined ? undefined : required(normalLabel, "normal", texts, name, source);
  const anomaly =
    anomalyLabel === undefined ? undefined : required(anomalyLabel, "an anomaly", texts, name, source);
  if (normal !== undefined && anomaly !== undefined && [...normal].some((index) => anomaly.has(index))) {
    throw new HypersphereError(
      "invalid-option",
      `Label "${normalLabel}" cannot mean both normal and anomaly.`,
    );
  }
  return Int8Array.from(texts, (text, index) => {
    if (normal?.has(index)) return 0;
    if (anomaly?.has(index)) return 1;
    if (normal === undefined) return 0;
    if (anomaly === undefined) return 1;
    throw new HypersphereError(
      "unfit-data",
      `${source}: label column "${name}" has ${found(texts)}, where only "${normalLabel}" and "${anomalyLabel}" were expected.`,
      { hint: `State only one of the two labels if ${shown(text)} is to count as the other.` },
    );
  });
}

/** Exact numbers without leading zeros, which are part of a code. */
const plainNumber = /^[-+]?(?:0|[1-9]\d{0,14})(?:\.\d*)?$/;

/** Without the quotation marks of other programs: '0' of ARFF files, and b'0' of Python that read them. */
const bare = (text: string): string => text.trim().replace(/^b?(["'])(.*)\1$/s, "$2");

/** Files that were put together write one label in several ways: 0 and 0.0, true and True, an umlaut as one character or two. */
function labelKey(text: string): string {
  const key = nameKey(bare(text));
  if (/^(?:true|false)$/i.test(key)) return key.toLowerCase();
  return plainNumber.test(key) ? String(Number(key) + 0) : key;
}

/** Places of the texts that a label is. */
function required(
  label: string | number,
  what: string,
  texts: readonly string[],
  name: string,
  source: string,
): ReadonlySet<number> {
  const placesOf = (is: (text: string) => boolean): ReadonlySet<number> =>
    new Set(texts.flatMap((text, index) => (is(text) ? [index] : [])));
  const key = labelKey(String(label));
  const alike = placesOf((text) => labelKey(text) === key);
  if (alike.size > 0) return alike;
  const number = typeof label === "number" ? label : parseNumber(label);
  const equal = number === undefined ? alike : placesOf((text) => parseNumber(text) === number);
  if (equal.size > 0) return equal;
  const closest = closestName(String(label), texts);
  throw new HypersphereError(
    "unfit-data",
    `${source}: "${label}" was to mean ${what}, but label column "${name}" has ${found(texts)}.`,
    {
      hint: defaultMissingTokens.includes(String(label).trim())
        ? 'Such cells count as missing values: name others with option "missing".'
        : closest === undefined
          ? "Labels are case-sensitive."
          : `Did you mean ${shown(closest)}? Labels are case-sensitive.`,
    },
  );
}

function found(texts: readonly string[]): string {
  if (texts.length === 0) return "no values";
  const first = texts.slice(0, 5).map((text) => shown(text));
  const rest = texts.length > 5 ? ` and ${texts.length - 5} other values` : "";
  return `the value${texts.length === 1 ? "" : "s"} ${first.join(", ")}${rest}`;
}

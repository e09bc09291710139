import { HypersphereError } from "../errors.js";
import type { Dataset } from "./dataset.js";
import type { Labels } from "./labels.js";
import type { Reading } from "./table/reading.js";

/** What a person calls each row: texts of id columns, entity and time, the path of an image. */
export interface RowNames {
  /** One heading per name. */
  readonly columns: readonly string[];
  /** The names of a row, [columns.length]. */
  of(row: number): readonly (string | number | undefined)[];
}

/** Which of several machines, people or places each row is of: a fleet has a model for each. */
export interface RowEntities {
  /** The column that says so. */
  readonly column: string;
  /** Its texts, each once. */
  readonly names: readonly string[];
  /** One per row: a place in `names`, or -1 for an empty cell. */
  readonly codes: Int32Array;
}

/** A data set's own split into rows to learn from and rows to test on; ascending, disjoint. */
export interface GivenSplit {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Observations with what is known of them: what readers give, and what `fit`, `score`, `evaluate`, `compare` and
 * `driftReport` take. Rows are what a person sees: the rows of a table, images, or windows that came as windows. For
 * windows cut from a table of time steps, they are the rows of that table.
 */
export interface Samples<D extends Dataset = Dataset> {
  readonly kind: "samples";
  readonly data: D;
  /** Whether a row is an observation of `data`, or a time step that its windows cover. */
  readonly rows: "observations" | "time-steps";
  readonly rowCount: number;
  /** One per row: 1 anomaly, 0 normal, -1 unlabelled. */
  readonly labels: Labels | undefined;
  /** What the labels were read from, for messages: the name of a column, "folder" or "class". */
  readonly labelColumn: string | undefined;
  readonly names: RowNames | undefined;
  /** Of data that were opened with `perEntity`, or for a fleet. */
  readonly entities?: RowEntities | undefined;
  readonly split: GivenSplit | undefined;
  /**
   * Of images with masks of their defects: [height, width], 1 where the defect is, else 0.
   * @throws HypersphereError `unfit-data` for a mask that is missing or of another size than its image
   */
  readonly mask: ((row: number) => Promise<Uint8Array>) | undefined;
  /** How the data were read: a model remembers it, and reads other data alike. */
  readonly reading: Reading | undefined;
  /** Of image files with `onCorrupt: "skip"`: those that are no rows, and half a sentence that says why. */
  readonly leftOut?: readonly { readonly name: string; readonly reason: string }[] | undefined;
  /** Sentences about problems in reading; usually empty. */
  readonly warnings: readonly string[];
}

/** Labels as callers have them: 0, 1 and -1 (unlabelled), or booleans that are true for anomalies. */
export type LabelsLike = ArrayLike<number> | ArrayLike<boolean>;

export interface Known extends Partial<Omit<Samples, "kind" | "data" | "labels">> {
  readonly labels?: LabelsLike | undefined;
}

/**
 * A data set with what is known of it. Samples stay as they are, with what else is known added.
 *
 * @example
 * const training = samplesOf(tableFromRows(rows), { labels: rows.map((row) => row.verdict === "broken") });
 *
 * @throws HypersphereError `unfit-data` for what is no data set; `invalid-option` for labels and a split that do not fit
 * the rows
 */
export function samplesOf<D extends Dataset>(given: D | Samples<D>, known: Known = {}): Samples<D> {
  requireData(given);
  const { labels, ...others } = known;
  const base: Samples<D> =
    given.kind === "samples"
      ? given
      : {
          kind: "samples",
          data: given,
          rows: "observations",
          rowCount: given.rowCount,
          labels: undefined,
          labelColumn: undefined,
          names: undefined,
          split: undefined,
          mask: undefined,
          reading: given.reading,
          warnings: [],
        };
  const samples = { ...base, ...others };
  if (others.split !== undefined) requireSplit(others.split, samples);
  return labels === undefined ? samples : { ...samples, labels: labelsFrom(labels, samples) };
}

/** Programs without types pass paths, promises and nothing at all. */
function requireData(given: unknown): void {
  const kind = (given as { readonly kind?: unknown } | null | undefined)?.kind;
  if (typeof kind === "string") return;
  const isPromise = typeof (given as { readonly then?: unknown } | null | undefined)?.then === "function";
  const what = given === null ? "null" : isPromise ? "a promise" : `of type ${typeof given}`;
  throw new HypersphereError(
    "unfit-data",
    `The data are ${what}; expected samples, a table, a series or images.`,
    {
      hint: isPromise
        ? "Wait for it: await open(path)."
        : "Read files with open; data in memory become a table with tableFromRows or tableFromColumns.",
    },
  );
}

/** A row in both parts would be measured on after it was learned from. */
function requireSplit(
  { train, test }: GivenSplit,
  { rowCount, data: { source } }: Pick<Samples, "rowCount" | "data">,
): void {
  const part: (string | undefined)[] = [];
  for (const [name, rows] of Object.entries({ train, test })) {
    if (typeof rows?.length !== "number") {
      throw new HypersphereError("invalid-option", `split.${name} is ${rows}, expected numbers of rows.`);
    }
    for (const row of rows) {
      if (!Number.isInteger(row) || row < 0 || row >= rowCount) {
        throw new HypersphereError(
          "invalid-option",
          `split.${name} has row ${row}, but ${source} has rows 0 to ${rowCount - 1}.`,
        );
      }
      if (part[row] !== undefined) {
        throw new HypersphereError(
          "invalid-option",
          part[row] === name
            ? `split.${name} has row ${row} of ${source} twice.`
            : `Row ${row} of ${source} is in both split.train and split.test; expected it in one of them.`,
        );
      }
      part[row] = name;
    }
  }
}

/** @throws HypersphereError `invalid-option` for another number of labels than rows, and values with no meaning */
export function labelsFrom(
  labels: LabelsLike,
  { rowCount, data: { source } }: Pick<Samples, "rowCount" | "data">,
): Labels {
  if (labels.length !== rowCount) {
    throw new HypersphereError(
      "invalid-option",
      `There are ${labels.length} labels for the ${rowCount} rows of ${source}; each row needs one.`,
      { hint: "Use -1 for unlabelled rows." },
    );
  }
  return Int8Array.from({ length: labels.length }, (_, row) => {
    const label = Number(labels[row]);
    if (label === 0 || label === 1 || label === -1) return label;
    throw new HypersphereError(
      "invalid-option",
      `labels[${row}] is ${labels[row]}, expected 1 or true (anomaly), 0 or false (normal), or -1 (unlabelled).`,
    );
  });
}

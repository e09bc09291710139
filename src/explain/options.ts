import type { Dataset, Samples } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import type { ScoreOptions } from "../model/index.js";
import { type OptionNames, refuseUnknownOptions } from "../text/known-options.js";
import { shown } from "../text/shown.js";

export const METHODS = ["exact", "gradients", "nearest", "shapley"] as const;
/** For messages. */
export const METHOD_NAMES = METHODS.join(", ").replace(/, ([^,]*)$/, " or $1");
/**
 * How far contributions of "gradients" may miss the difference between both scores: a share of the row's score, or of the sum
 * of their sizes where that is more.
 */
export const PATH_TOLERANCE = 0.01;
export type ExplainMethod = (typeof METHODS)[number];

export interface ExplainOptions
  extends Pick<
    ScoreOptions,
    "rule" | "percentile" | "threshold" | "operatingPoint" | "backend" | "onProgress" | "signal"
  > {
  /**
   * "nearest" (default) compares a row with its nearest normal rows, column by column; "shapley" samples orders of columns
   * and normal rows, with standard errors; "gradients" integrates the score's derivatives along the lines from the nearest
   * normal rows, for detectors whose score has such; "exact" takes the terms that the score is a sum of, for detectors where
   * it is one: see docs/explain.md for which says more.
   */
  readonly method?: ExplainMethod | undefined;
  /** Contributions listed of each row, the largest; default all. */
  readonly top?: number | undefined;
  /**
   * Normal rows to compare with; default those that the model keeps, else the rows of the data that it takes for normal. "reconstructions" takes none:
   * each row is compared with what the model's decoder makes of it, for models that keep one (autoencoder, and pca by its
   * reconstruction), which stands in too where the data have too few normal rows.
   */
  readonly background?: Dataset | Samples | "reconstructions" | undefined;
  /** Explain only what is flagged; default all rows. */
  readonly flagged?: boolean | undefined;
  /** Explain these rows, from 0; default all. */
  readonly rows?: ArrayLike<number> | undefined;
  /** Nearest normal rows that a row is compared with and that are listed; default 3. */
  readonly neighbours?: number | undefined;
  /** Pairs of permutations per row of method "shapley"; default 16. */
  readonly samples?: number | undefined;
  /**
   * What a counterfactual changes at most: columns, or channels of a series (default 5), or patches of an image, which are
   * a region together (default 16); 0 looks for none.
   */
  readonly changes?: number | undefined;
  /** Decides what is drawn; default 0. */
  readonly seed?: number | string | undefined;
}

const EXPLAIN_OPTIONS = Object.keys({
  rule: true,
  percentile: true,
  threshold: true,
  operatingPoint: true,
  backend: true,
  onProgress: true,
  signal: true,
  method: true,
  top: true,
  background: true,
  flagged: true,
  rows: true,
  neighbours: true,
  samples: true,
  changes: true,
  seed: true,
} satisfies OptionNames<ExplainOptions>);

/** The settings of a run, complete. */
export interface Settings {
  readonly method: ExplainMethod;
  readonly top: number;
  readonly neighbours: number;
  readonly samples: number;
  /** Undefined: as many as is usual for the kind of data. */
  readonly changes: number | undefined;
  readonly seed: number | string;
}

/** @throws HypersphereError `invalid-option` for options that do not exist, are out of range, or have no effect together */
export function settingsOf(options: ExplainOptions): Settings {
  refuseUnknownOptions(options, EXPLAIN_OPTIONS, "of explaining");
  const { method = "nearest", samples, seed = 0, background } = options;
  if (typeof background === "string" && background !== "reconstructions") {
    throw new HypersphereError(
      "invalid-option",
      `option "background" is ${shown(background)}, expected normal rows, or "reconstructions".`,
      { details: { option: "background", value: background } },
    );
  }
  if (!METHODS.includes(method)) {
    throw new HypersphereError(
      "invalid-option",
      `option "method" is ${shown(method)}, expected ${METHOD_NAMES}.`,
      { details: { option: "method", value: method } },
    );
  }
  if (samples !== undefined && method !== "shapley") {
    throw new HypersphereError("invalid-option", `option "samples" has no effect with method "${method}".`, {
      hint: 'Leave it out, or set method "shapley".',
      details: { option: "samples", value: samples },
    });
  }
  return {
    method,
    seed,
    top: whole("top", options.top, Number.MAX_SAFE_INTEGER, 1),
    neighbours: whole("neighbours", options.neighbours, 3, 1),
    samples: whole("samples", samples, 16, 1),
    changes: options.changes === undefined ? undefined : whole("changes", options.changes, 0, 0),
  };
}

function whole(name: string, value: number | undefined, otherwise: number, least: number): number {
  if (value === undefined) return otherwise;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new HypersphereError(
    "invalid-option",
    `option "${name}" is ${shown(value)}, expected a whole number from ${least}.`,
    { details: { option: name, value } },
  );
}

/** @throws HypersphereError `invalid-option` for rows that are not there */
export function checkRows(rows: ArrayLike<number>, rowCount: number, source: string): void {
  for (const row of Array.from(rows)) {
    if (Number.isInteger(row) && row >= 0 && row < rowCount) continue;
    throw new HypersphereError(
      "invalid-option",
      `option "rows" has ${shown(row)}, but ${source} has rows 0 to ${rowCount - 1}.`,
      { details: { option: "rows", value: row } },
    );
  }
}

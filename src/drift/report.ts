/** Is this table still what the model was trained on? */
import type { Dataset, Table } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { columnSchema, countBins, kindOf, kinds, RawValues, type SchemaNotes } from "../features/index.js";
import type { Model, ScoreOptions } from "../model/index.js";
import { type DriftMonitor, type DriftStatus, driftMonitor } from "./martingale.js";
import { populationStability, type Stability, type Uniformity, uniformity } from "./stability.js";

export interface DriftOptions extends Pick<ScoreOptions, "onProgress" | "signal"> {
  /** Probability that a stream without drift ever raises the alarm, in (0, 1). Default 0.01, or the monitor's. */
  readonly delta?: number | undefined;
  /** Default 0, or the monitor's. */
  readonly seed?: number | undefined;
  /** Goes on with this monitor, which has seen the stream so far, instead of starting a new one. */
  readonly monitor?: DriftMonitor | undefined;
}

export interface FeatureDrift {
  readonly name: string;
  readonly kind: "numeric" | "categorical";
  /** Null where the model does not know how the column was distributed. */
  readonly stability: Stability | null;
  /** Share of cells without a value, now and in training. */
  readonly missing: number;
  readonly missingInTraining: number;
  /** Share of cells outside the training rows' range; null for categorical columns. */
  readonly outOfRange: number | null;
  /** Share of cells with a text that training never saw, and one of them; null for numeric columns. */
  readonly unseen: number | null;
  readonly unseenExample: string | null;
}

export interface DriftReport {
  readonly source: string;
  readonly rows: number;
  /** The martingale raised its alarm, in this table or before it. */
  readonly drift: boolean;
  readonly martingale: DriftStatus & {
    /** Scores that the monitor had seen before this table. */
    readonly before: number;
    /** Row of this table, from 1, with which the alarm was raised; null without an alarm, or when it was before. */
    readonly row: number | null;
  };
  /** Distance of this table's p-values from uniform. */
  readonly pValues: Uniformity;
  /** Columns by falling PSI; those without one last. */
  readonly features: readonly FeatureDrift[];
  /** Names of columns that moved by more than chance explains (at level delta for all columns together). */
  readonly shifted: readonly string[];
  /** Columns of the table that the model does not use. */
  readonly extra: readonly string[];
}

/**
 * Scores the rows in their order and reports drift: `drift` has a guarantee (see `driftMonitor`), the columns show
 * where it may come from.
 *
 * @throws HypersphereError `invalid-option` for a model with cross-conformal calibration, `schema-mismatch` as `model.score` does, `unfit-data` for a table without rows,
 * `invalid-option` for `delta` or `seed` beside a `monitor`, which has its own
 * @example
 * const report = await driftReport(model, await readTable("today.csv"), { delta: 0.01 });
 * if (report.drift) console.log(`drift from row ${report.martingale.row}`);
 */
export async function driftReport(
  model: Model,
  given: Dataset,
  { delta, seed, monitor, onProgress, signal }: DriftOptions = {},
): Promise<DriftReport> {
  if (monitor !== undefined && (delta !== undefined || seed !== undefined)) {
    throw new HypersphereError(
      "invalid-option",
      "driftReport: a monitor that goes on has its delta and seed already; give them to driftMonitor.",
    );
  }
  if (model.card.options["calibration"] === "cross") {
    throw new HypersphereError(
      "invalid-option",
      "The model was calibrated in folds: its calibration scores come from one detector each, its scores are a mean " +
        "of all, so the two cannot be compared and drift would be seen where there is none.",
      { hint: "Monitor a model with split calibration." },
    );
  }
  const table = tableOf(model, given);
  if (table.rowCount === 0) {
    throw new HypersphereError(
      "unfit-data",
      `${table.source} has no rows to compare with the training data.`,
    );
  }
  const watch = monitor ?? driftMonitor({ calibration: model.calibrationScores, delta, seed });
  const before = watch.status().pushed;
  const { scores, notes } = await model.score(table, { onProgress, signal });
  const pValues = Float64Array.from(scores, (score) => watch.push(score));
  const status = watch.status();
  const features = compareColumns(model, table, notes, status.delta);
  return {
    source: table.source,
    rows: table.rowCount,
    drift: status.alarmed,
    martingale: {
      ...status,
      before,
      row: status.at !== null && status.at > before ? status.at - before : null,
    },
    pValues: uniformity(pValues),
    features,
    shifted: features.filter(({ stability }) => stability?.shifted).map(({ name }) => name),
    extra: notes.extra,
  };
}

/** @throws HypersphereError `invalid-option` for series and images */
function tableOf({ card: { schema } }: Model, data: Dataset): Table {
  const series = schema.kind === kinds.series.name || data.kind === kinds.series.name;
  if (kindOf(data).name === "table" && schema.kind === "table") return data as Table;
  throw new HypersphereError(
    "invalid-option",
    series
      ? "Windows of a series share time steps, so that their p-values depend on each other: drift would be seen where there is none."
      : "Drift is compared column by column, and images have none.",
    { hint: "Watch the scores yourself with driftMonitor, one per day or per batch." },
  );
}

function compareColumns(
  { card: { schema, reference, data } }: Model,
  table: Table,
  notes: SchemaNotes,
  delta: number,
): FeatureDrift[] {
  const columns = columnSchema(schema)!;
  const raw = new RawValues(table, columns);
  const rows = table.rowCount;
  // Bonferroni: at level delta for all columns together.
  const alpha = delta / (columns.numeric.length + columns.categorical.length);
  const common = (name: string, missing: number) => ({
    name,
    missing: (notes.missing[name] ?? 0) / rows,
    missingInTraining: missing / data.train,
  });
  const numeric = columns.numeric.map(({ name, missing }, k): FeatureDrift => {
    const then = reference?.numeric[k];
    const now = then && countBins(raw.numericColumn(k), then.edges);
    return {
      ...common(name, missing),
      kind: "numeric",
      // Missing is a bin of its own: a sensor that falls silent has moved.
      stability:
        then && now
          ? populationStability([...then.counts, then.missing], [...now.counts, now.missing], alpha)
          : null,
      outOfRange: (notes.outOfRange[name] ?? 0) / rows,
      unseen: null,
      unseenExample: null,
    };
  });
  const categorical = columns.categorical.map(({ name, levels, shares, missing }, k): FeatureDrift => {
    const now = countLevels(raw.categoricalColumn(k), levels);
    const then = [...shares.map((share) => Math.round(share * data.train)), 0];
    return {
      ...common(name, missing),
      kind: "categorical",
      stability: populationStability(then, now, alpha),
      outOfRange: null,
      unseen: (notes.unseen[name]?.cells ?? 0) / rows,
      unseenExample: notes.unseen[name]?.example ?? null,
    };
  });
  const size = ({ stability }: FeatureDrift): number => stability?.psi ?? -1;
  return [...numeric, ...categorical].sort((a, b) => size(b) - size(a));
}

/** Rows per level, then of all other texts, then of missing cells where missing is no level. */
function countLevels(
  { codes, texts }: ReturnType<RawValues["categoricalColumn"]>,
  levels: readonly string[],
): Float64Array {
  const binOf = new Map(levels.map((level, k) => [level, k]));
  const bins = texts.map((text) => binOf.get(text) ?? (text === "" ? levels.length + 1 : levels.length));
  const counts = new Float64Array(levels.length + 2);
  for (const code of codes) counts[bins[code + 1]!]!++;
  return counts;
}

import { columnSchema, countBins, kindOfSchema, type Measures } from "../features/index.js";
import type { Model } from "../model/index.js";
import { type IndependentRows, populationStability, type Stability } from "./stability.js";

/** A column, or of images one of brightness, contrast and sharpness. */
export interface FeatureDrift {
  readonly name: string;
  /** "constant" for a column that did not vary in training and has changed; those that have not changed are left out. */
  readonly kind: "numeric" | "categorical" | "constant";
  /** Null where the model does not know how the training rows were distributed. */
  readonly stability: Stability | null;
  /** Share of cells without a value, now. */
  readonly missing: number;
  /** The same in training; null where the model does not know. */
  readonly missingInTraining: number | null;
  /** Share of cells outside the training rows' range; null for categorical columns and for images. */
  readonly outOfRange: number | null;
  /** Share of cells with a text, or another value of a constant column, that training never saw, and one of them; null for others. */
  readonly unseen: number | null;
  readonly unseenExample: string | null;
}

/** What is known of the training rows, or of the time steps of training windows. */
interface Training {
  /** How many there were; undefined where the model does not say. */
  readonly rows: number | undefined;
  /** Steps of a window, which depend on each other: all of them count as one row. 1 where rows are independent. */
  readonly dependent: number;
}

/**
 * How far each column, or each measure of images, has moved since training; by falling PSI.
 * @param delta level for all of them together
 */
export function compareMeasures(model: Model, measures: Measures, delta: number): FeatureDrift[] {
  const { schema, reference, data } = model.card;
  const window = kindOfSchema(schema).layout(schema)?.window;
  const training: Training =
    window === undefined ? { rows: data.train, dependent: 1 } : { rows: reference?.steps, dependent: window };
  const columns = columnSchema(schema);
  // Bonferroni: at level delta for all together.
  const alpha = delta / (measures.numeric.length + measures.categorical.length + measures.constants);
  const { rows, notes } = measures;
  const common = (name: string, missing = 0) => ({
    name,
    missing: (notes.missing[name] ?? 0) / rows,
    missingInTraining: training.rows === undefined ? null : missing / training.rows,
  });
  const numeric = measures.numeric.map(({ name, values }, k): FeatureDrift => {
    const then = reference?.numeric[k];
    const now = then && countBins(values, then.edges);
    return {
      ...common(name, columns?.numeric[k]?.missing),
      kind: "numeric",
      // Missing is a bin of its own: a sensor that falls silent has moved.
      stability:
        reference && then && now
          ? populationStability(
              [...then.counts, then.missing],
              [...now.counts, now.missing],
              alpha,
              independentRows(training, reference.rows, rows),
            )
          : null,
      outOfRange: columns === undefined ? null : (notes.outOfRange[name] ?? 0) / rows,
      unseen: null,
      unseenExample: null,
    };
  });
  const categorical = measures.categorical.map((cells, k): FeatureDrift => {
    const { name, levels, shares, missing } = columns!.categorical[k]!;
    const then = training.rows;
    return {
      ...common(name, missing),
      kind: "categorical",
      stability:
        then === undefined
          ? null
          : populationStability(
              [...shares.map((share) => Math.round(share * then)), 0],
              countLevels(cells, levels),
              alpha,
              independentRows(training, then, rows),
            ),
      outOfRange: null,
      unseen: (notes.unseen[name]?.cells ?? 0) / rows,
      unseenExample: notes.unseen[name]?.example ?? null,
    };
  });
  const constant = Object.entries(notes.changed).map(
    ([name, { cells, example, training: usual }]): FeatureDrift => {
      const then = training.rows;
      return {
        ...common(name),
        kind: "constant",
        stability:
          then === undefined
            ? null
            : populationStability(
                [then, 0],
                [rows - cells, cells],
                alpha,
                independentRows(training, then, rows),
              ),
        outOfRange: null,
        unseen: cells / rows,
        unseenExample: example,
        missingInTraining: usual === "" ? 1 : 0,
      };
    },
  );
  const size = ({ stability }: FeatureDrift): number => stability?.psi ?? -1;
  return [...numeric, ...categorical, ...constant].sort((a, b) => size(b) - size(a));
}

/** Time steps follow from those before them. That all of a window count as one is on the safe side. */
function independentRows(
  { rows = 0, dependent }: Training,
  counted: number,
  now: number,
): IndependentRows | undefined {
  if (dependent === 1) return undefined;
  return {
    reference: Math.min(counted, Math.max(1, rows / dependent)),
    current: Math.max(1, now / dependent),
  };
}

/** Rows per level, then of all other texts, then of missing cells where missing is no level. */
function countLevels(
  { codes, texts }: Measures["categorical"][number],
  levels: readonly string[],
): Float64Array {
  const binOf = new Map(levels.map((level, k) => [level, k]));
  const bins = texts.map((text) => binOf.get(text) ?? (text === "" ? levels.length + 1 : levels.length));
  const counts = new Float64Array(levels.length + 2);
  for (const code of codes) counts[bins[code + 1]!]!++;
  return counts;
}

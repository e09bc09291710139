import { type Dataset, isSeries, type SeriesSet } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { type Graph, reshape, type Tensor } from "../graph/index.js";
import type { Values } from "../runtime/index.js";
import { featureGraph, type RawInputs } from "./feature-graph.js";
import { fitFeatureSchema } from "./fit-schema.js";
import type { SeriesSchema } from "./input-schema.js";
import { type Piece, type RawRows, rowsPerRun } from "./raw-rows.js";
import { RawValues, type SchemaNotes } from "./raw-values.js";
import { featureCount, type Scaling } from "./schema.js";

/** Learns scaling and categories from the time steps that the listed windows cover. */
export function fitSeriesSchema(series: SeriesSet, rows: ArrayLike<number>, scaling: Scaling): SeriesSchema {
  const covered = new Uint8Array(series.steps.rowCount);
  for (let k = 0; k < rows.length; k++) {
    const start = series.starts[rows[k]!]!;
    covered.fill(1, start, start + series.layout.window);
  }
  const steps = Uint32Array.from(covered.keys()).filter((step) => covered[step] === 1);
  return { kind: "series", layout: series.layout, steps: fitFeatureSchema(series.steps, steps, scaling) };
}

/** The model's inputs, [rows, steps, columns], as one row per time step. */
export function declareSeriesInputs(graph: Graph, { layout, steps }: SeriesSchema): RawInputs {
  const declare = (name: "numeric" | "categorical", dtype: "float64" | "string"): Tensor | undefined => {
    const count = steps[name].length;
    if (count === 0) return undefined;
    return reshape(graph.input(name, dtype, ["rows", layout.window, count]), ["steps", count]);
  };
  return { numeric: declare("numeric", "float64"), categorical: declare("categorical", "string") };
}

/** Windows as rows, float32 [rows, steps * features], time-major. */
export function seriesFeatureGraph({ layout, steps }: SeriesSchema, inputs: RawInputs): Tensor {
  return reshape(featureGraph(steps, inputs), ["rows", layout.window * featureCount(steps)]);
}

/** Windows of a series in the form of the model's inputs. */
export class SeriesRows implements RawRows {
  readonly rowCount: number;
  readonly #steps: RawValues;
  readonly #starts: Uint32Array;
  readonly #window: number;
  readonly #piece: number;

  /** @throws HypersphereError `schema-mismatch` for other columns, or windows of another length */
  constructor(data: Dataset, { layout, steps }: SeriesSchema) {
    if (!isSeries(data)) {
      throw new HypersphereError(
        "schema-mismatch",
        `${data.source} is no series, but the model was trained on windows of ${layout.window} time steps.`,
        {
          hint: "Cut windows with seriesFromTable(table, model.card.schema.layout), or use the command line.",
        },
      );
    }
    if (data.layout.window !== layout.window) {
      throw new HypersphereError(
        "schema-mismatch",
        `${data.source} has windows of ${data.layout.window} steps; the model was trained on ${layout.window}.`,
        { hint: `Cut windows of ${layout.window} steps.` },
      );
    }
    this.rowCount = data.rowCount;
    this.#steps = new RawValues(data.steps, steps);
    this.#starts = data.starts;
    this.#window = layout.window;
    this.#piece = rowsPerRun(layout.window * featureCount(steps));
  }

  *pieces(rows?: ArrayLike<number>): Iterable<Piece> {
    const count = rows?.length ?? this.rowCount;
    for (let from = 0; from < count; from += this.#piece) {
      const to = Math.min(count, from + this.#piece);
      const steps = new Uint32Array((to - from) * this.#window);
      for (let k = from; k < to; k++) {
        const start = this.#starts[rows === undefined ? k : rows[k]!]!;
        for (let step = 0; step < this.#window; step++)
          steps[(k - from) * this.#window + step] = start + step;
      }
      yield { from, to, feeds: this.#windows(to - from, this.#steps.slice(0, steps.length, steps)) };
    }
  }

  notes(): SchemaNotes {
    return this.#steps.notes();
  }

  #windows(count: number, steps: Values): Values {
    return Object.fromEntries(
      Object.entries(steps).map(([name, value]) => [
        name,
        { ...value, shape: [count, this.#window, value.shape[1]!] },
      ]),
    );
  }
}

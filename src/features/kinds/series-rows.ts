import type { Season, SeriesSet } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { float64, type Values } from "../../runtime/index.js";
import type { SeriesSchema } from "../input-schema.js";
import { type Piece, type RawRows, rowsPerRun } from "../raw-rows.js";
import { RawValues, type SchemaNotes } from "../raw-values.js";
import { featureCount } from "../schema.js";

/** Windows of a series in the form of the model's inputs. */
export class SeriesRows implements RawRows {
  readonly rowCount: number;
  readonly #steps: RawValues;
  readonly #starts: Uint32Array;
  readonly #window: number;
  readonly #piece: number;
  /** Of each step, where the model compares within a season. */
  readonly #times: Float64Array | undefined;

  /** @throws HypersphereError `schema-mismatch` for other columns, or windows of another length */
  constructor(data: SeriesSet, { layout, steps }: SeriesSchema) {
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
    this.#times = layout.season === undefined ? undefined : requireTimes(data, layout.season);
    this.#piece = rowsPerRun(layout.window * featureCount(steps));
  }

  *pieces(rows?: ArrayLike<number>): Iterable<Piece> {
    const count = rows?.length ?? this.rowCount;
    for (let from = 0; from < count; from += this.#piece) {
      const to = Math.min(count, from + this.#piece);
      const steps = new Uint32Array((to - from) * this.#window);
      const ends = new Float64Array(this.#times === undefined ? 0 : to - from);
      for (let k = from; k < to; k++) {
        const start = this.#starts[rows === undefined ? k : rows[k]!]!;
        if (this.#times) ends[k - from] = this.#times[start + this.#window - 1]!;
        for (let step = 0; step < this.#window; step++)
          steps[(k - from) * this.#window + step] = start + step;
      }
      const feeds = this.#windows(to - from, this.#steps.slice(0, steps.length, steps));
      yield { from, to, feeds: this.#times ? { ...feeds, time: float64([to - from], ends) } : feeds };
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

function requireTimes({ times, source }: SeriesSet, season: Season): Float64Array {
  if (times !== undefined) return times;
  throw new HypersphereError(
    "schema-mismatch",
    `${source} holds no times, but the model compares windows with those of the same part of a ${season}.`,
    { hint: "Read it with open(path, { model }), or with seriesFromTable(table, model.card.schema.layout)." },
  );
}

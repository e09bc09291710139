import type { Season, SeriesSet } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { WINDOW_STARTS } from "../../graph/index.js";
import { float64, int64, type Values } from "../../runtime/index.js";
import type { SeriesSchema } from "../input-schema.js";
import { type OverlappingRows, type Piece, type RawRows, rowsPerRun } from "../raw-rows.js";
import { RawValues, type SchemaNotes } from "../raw-values.js";
import { featureCount } from "../schema.js";

/** Windows of a series in the form of the model's inputs. */
export class SeriesRows implements RawRows {
  readonly rowCount: number;
  readonly #steps: RawValues;
  readonly #starts: Uint32Array;
  readonly #window: number;
  readonly #numbers: number;
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
    this.#numbers = layout.window * featureCount(steps);
  }

  *pieces(rows?: ArrayLike<number>): Iterable<Piece> {
    const count = rows?.length ?? this.rowCount;
    const most = rowsPerRun(this.#numbers);
    for (let from = 0; from < count; from += most) {
      const to = Math.min(count, from + most);
      const steps = new Uint32Array((to - from) * this.#window);
      const ends = new Float64Array(this.#times === undefined ? 0 : to - from);
      for (let k = from; k < to; k++) {
        const row = rows === undefined ? k : rows[k]!;
        const start = this.#starts[row]!;
        if (this.#times) ends[k - from] = this.#times[this.#endOf(row)]!;
        for (let step = 0; step < this.#window; step++)
          steps[(k - from) * this.#window + step] = start + step;
      }
      const feeds = this.#windows(to - from, this.#steps.slice(0, steps.length, steps));
      yield { from, to, feeds: this.#times ? { ...feeds, time: float64([to - from], ends) } : feeds };
    }
  }

  get overlapping(): OverlappingRows {
    return {
      numbers: this.#numbers,
      pieces: (most) => this.#stepPieces(most),
      shared: (most) => {
        let steps = 0;
        for (const { first, last } of this.#runs(most)) steps += last - first + this.#window;
        return (this.rowCount * this.#window) / steps;
      },
    };
  }

  notes(): SchemaNotes {
    return this.#steps.notes();
  }

  *#stepPieces(most: number): Iterable<Piece> {
    for (const { from, to, first, last } of this.#runs(most)) {
      const starts = BigInt64Array.from(this.#starts.subarray(from, to), (start) => BigInt(start - first));
      const feeds = {
        ...this.#steps.slice(first, last + this.#window),
        [WINDOW_STARTS]: int64([to - from], starts),
      };
      const times = this.#times;
      const ends = times && Float64Array.from({ length: to - from }, (_, k) => times[this.#endOf(from + k)]!);
      yield { from, to, feeds: ends ? { ...feeds, time: float64([to - from], ends) } : feeds };
    }
  }

  /** Windows in a row of which each begins in the one before, or where it ends: the first start and the last. */
  *#runs(most: number): Iterable<{ from: number; to: number; first: number; last: number }> {
    const starts = this.#starts;
    for (let from = 0, to = 0; from < starts.length; from = to) {
      to = from + 1;
      while (to < starts.length && to - from < most) {
        const apart = starts[to]! - starts[to - 1]!;
        if (apart < 0 || apart > this.#window) break;
        to++;
      }
      yield { from, to, first: starts[from]!, last: starts[to - 1]! };
    }
  }

  #endOf(row: number): number {
    return this.#starts[row]! + this.#window - 1;
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

import type { Dataset } from "../data/index.js";
import { throwIfAborted } from "../errors.js";
import { computeFeatures, denseFeatures, kindOfSchema, modelInputs, rawRows } from "../features/index.js";
import { Graph, serialize } from "../graph/index.js";
import { type Model, type ScoreGradient, type ScoreOptions, scoreGradient } from "../model/index.js";
import { currentBackend } from "../runtime/index.js";
import type { Attribution, Subject } from "./attribution.js";
import type { PreparedMethod } from "./methods.js";
import { PATH_TOLERANCE } from "./options.js";
import { followLines, type LinePoint, missedShare, risesOf, scoresOf } from "./path.js";
import { shareRest } from "./shared-rest.js";
import type { Units } from "./units.js";

/** Features of rows explained together, about. */
const NUMBERS = 2 ** 20;
/** Rows explained together at most. */
const MOST_ROWS = 256;

/**
 * The method, with the model's derivatives made.
 * @throws HypersphereError `invalid-option` for a score that has none
 */
export async function integratedGradients(model: Model, decision: ScoreOptions): Promise<PreparedMethod> {
  const gradient = await scoreGradient(model, decision);
  return {
    on: (data, { data: normals }, units) =>
      gradientAttributions(model, gradient, data, normals, units, decision),
    release: () => gradient.release(),
  };
}

/**
 * Integrated gradients (Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", 2017), averaged over the
 * nearest normal rows: a feature contributes the difference between the row and the normal row, times the mean derivative of
 * the score along the line between both. Points are taken on the line until the contributions add up to the difference
 * between both scores within `PATH_TOLERANCE`; what is then left is shared out in proportion. Features of one column are
 * added up. A change in watched columns gets what it raises the score by.
 *
 * @param gradient of the model's score
 * @param normals normal rows, in the order of `Subject.nearest`
 */
async function gradientAttributions(
  model: Model,
  gradient: ScoreGradient,
  data: Dataset,
  normals: Dataset,
  units: Units,
  options: ScoreOptions,
): Promise<{
  readonly together: number;
  of(subjects: readonly Subject[]): Promise<Attribution[]>;
}> {
  const { schema } = model.card;
  const runtime = await (model.ownBackend ?? options.backend ?? currentBackend()).inline();
  const parts = kindOfSchema(schema).parts(schema);
  const featuresOf = async (from: Dataset, rows: Uint32Array): Promise<(k: number) => Float32Array> => {
    const matrix = await computeFeatures(runtime, schema, from, rows, options.signal);
    const { columns, data: all } = denseFeatures(matrix);
    return (k) => all.subarray(k * columns, (k + 1) * columns);
  };
  return {
    together: Math.max(1, Math.min(MOST_ROWS, Math.floor(NUMBERS / gradient.columns))),
    async of(subjects) {
      const rows = Uint32Array.from(subjects, ({ row }) => row);
      const others = Uint32Array.from(new Set(subjects.flatMap(({ nearest }) => Array.from(nearest))));
      const placeOf = new Map(Array.from(others, (other, place) => [other, place]));
      const own = await featuresOf(data, rows);
      const normal = await featuresOf(normals, others);
      const raw = await rawOf(model, data, rows, options);
      const ends = subjects.flatMap(({ nearest }, subject) =>
        Array.from(
          nearest,
          (other): Ends => ({
            ...{ from: normal(placeOf.get(other)!), to: own(subject), time: raw.times[subject] ?? 0 },
          }),
        ),
      );
      const look = lookAt(ends, gradient, (slopes) => slopesOf(slopes, parts, units), options);
      const lines = await followLines(ends.length, look, PATH_TOLERANCE);
      let at = 0;
      return subjects.map(({ score, nearest }, subject) => {
        const changed = units.sums(raw.changes(subject), parts.shape);
        const contributions = new Float64Array(units.count);
        let baseline = 0;
        const own = lines.slice(at, at + nearest.length);
        at += nearest.length;
        for (const line of own) {
          const { from, to } = scoresOf(line);
          const complete = risesOf(line).map((rise, unit) => rise + (score - to) * changed[unit]!);
          shareRest(complete, score - from, [...complete.keys()]);
          complete.forEach((value, unit) => {
            contributions[unit]! += value / nearest.length;
          });
          baseline += from / nearest.length;
        }
        const points = Math.max(...own.map((line) => line.points));
        return { baseline, contributions, path: { points, missed: Math.max(...own.map(missedShare)) } };
      });
    },
  };
}

/** A line from the features of a normal row to those of a row, at the row's time. */
interface Ends {
  readonly from: Float32Array;
  readonly to: Float32Array;
  readonly time: number;
}

/** What the features together say of each unit. */
function slopesOf(
  byFeature: Float64Array,
  { of, shape }: { readonly of: Uint32Array; readonly shape: readonly number[] },
  units: Units,
): Float64Array {
  const sums = new Float64Array(shape.reduce((product, length) => product * length, 1));
  byFeature.forEach((slope, feature) => {
    sums[of[feature]!]! += slope;
  });
  return units.sums(Float32Array.from(sums), shape);
}

/** Scores and slopes at places of lines, as many at a time as the graph takes. */
function lookAt(
  ends: readonly Ends[],
  { columns, points: together, timed, run }: ScoreGradient,
  slopesOf: (byFeature: Float64Array) => Float64Array,
  { signal }: ScoreOptions,
): (places: readonly { readonly line: number; readonly share: number }[]) => Promise<LinePoint[]> {
  const features = new Float32Array(together * columns);
  const times = new Float64Array(together);
  return async (places) => {
    const found: LinePoint[] = [];
    for (let first = 0; first < places.length; first += together) {
      throwIfAborted(signal);
      const part = places.slice(first, first + together);
      part.forEach(({ line, share }, k) => {
        const { from, to, time } = ends[line]!;
        for (let column = 0; column < columns; column++) {
          features[k * columns + column] =
            share === 1 ? to[column]! : from[column]! + share * (to[column]! - from[column]!);
        }
        times[k] = time;
      });
      const { scores, gradients } = await run(features, timed ? times : undefined);
      part.forEach(({ line, share }, k) => {
        const { from, to } = ends[line]!;
        const slopes = Float64Array.from(from, (start, column) => {
          const difference = to[column]! - start;
          return difference === 0 ? 0 : difference * gradients[k * columns + column]!;
        });
        found.push({ share, score: scores[k]!, slopes: slopesOf(slopes) });
      });
    }
    return found;
  };
}

interface Raw {
  /** Of models that compare within a season: when each row was. */
  readonly times: ArrayLike<number>;
  /** Of each watched part that has changed its share of all that have: flat, as the output `contribution` is. */
  changes(k: number): Float32Array;
}

/** What of rows is no matter of features. */
async function rawOf(
  { card: { schema }, ownBackend }: Model,
  data: Dataset,
  rows: Uint32Array,
  { backend }: ScoreOptions,
): Promise<Raw> {
  const kind = kindOfSchema(schema);
  const { shape } = kind.parts(schema);
  const size = shape.reduce((product, length) => product * length, 1);
  const graph = new Graph();
  const watched = kind.changed(schema, modelInputs(graph, schema));
  if (watched !== undefined) graph.output("changed", watched.changed);
  const runtime = await (ownBackend ?? backend ?? currentBackend()).inline();
  const session = watched && (await runtime.createSession(serialize(graph)));
  const times: number[] = [];
  const cells: Float32Array[] = [];
  try {
    for await (const { from, to, feeds } of rawRows(data, schema).pieces(rows)) {
      if (feeds["time"] !== undefined) times.push(...(feeds["time"].data as Float64Array));
      if (session === undefined) continue;
      const { changed } = await session.run(feeds);
      const width = watched!.parts.length;
      for (let k = 0; k < to - from; k++) {
        cells.push((changed!.data as Float32Array).slice(k * width, (k + 1) * width));
      }
    }
  } finally {
    await session?.release();
  }
  return {
    times,
    changes(k) {
      const shares = new Float32Array(size);
      const own = cells[k] ?? new Float32Array();
      const all = own.reduce((sum, cell) => sum + cell, 0);
      own.forEach((cell, place) => {
        if (cell > 0) shares[watched!.parts[place]!]! += cell / all;
      });
      return shares;
    },
  };
}

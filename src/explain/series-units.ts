import type { SeriesSet } from "../data/index.js";
import type { FeatureSchema } from "../features/index.js";
import { byContribution, prefixes } from "./growing.js";
import { type KnownRange, tableUnits } from "./table-units.js";
import type { FeatureValue, Units } from "./units.js";

/** Stretches of steps that a window is divided into at most, and parts in all. */
const MOST_STRETCHES = 8;
const MOST_UNITS = 256;

/** Channels that a change is made of at most, unless said otherwise. */
const MOST_CHANNELS = 5;

interface Steps {
  readonly from: number;
  readonly to: number;
}

/** Stretches of the channels of windows: what happened in which sensor, and when. @param schema of a time step */
export function seriesUnits(
  series: SeriesSet,
  normals: SeriesSet,
  schema: FeatureSchema,
  known?: KnownRange,
): Units<SeriesSet> {
  const steps = tableUnits(series.steps, normals.steps, schema, known);
  const { window } = series.layout;
  const channels = steps.count;
  const stretches = Math.max(1, Math.min(window, MOST_STRETCHES, Math.floor(MOST_UNITS / channels)));
  const startOf = (stretch: number): number => Math.round((stretch * window) / stretches);
  const count = channels * stretches;
  const stretchOf = Uint32Array.from({ length: window }, (_, step) => {
    let stretch = stretches - 1;
    while (step < startOf(stretch)) stretch--;
    return stretch;
  });
  const channelOf = (unit: number): number => Math.floor(unit / stretches);
  const stepsOf = (unit: number): { from: number; to: number } => ({
    from: startOf(unit % stretches),
    to: startOf((unit % stretches) + 1),
  });
  const meanOf = ({ from, to }: Steps, value: (step: number) => FeatureValue): FeatureValue => {
    const cells = Array.from({ length: to - from }, (_, k) => value(from + k)).filter(
      (cell) => cell !== null,
    );
    const numbers = cells.filter((cell) => typeof cell === "number");
    if (numbers.length === 0) return cells[0] ?? null;
    return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  };
  /** Runs of stretches of a channel that follow each other. */
  const runsOf = (units: readonly number[]): { first: number; last: number }[] => {
    const runs: { first: number; last: number }[] = [];
    for (const unit of units.toSorted((a, b) => a - b)) {
      const run = runs.at(-1);
      if (run?.last === unit - 1 && channelOf(run.last) === channelOf(unit)) run.last = unit;
      else runs.push({ first: unit, last: unit });
    }
    return runs;
  };
  return {
    count,
    normals: normals.rowCount,
    names: Array.from({ length: count }, (_, unit) => steps.names[channelOf(unit)]!),
    steps: stepsOf,
    mix(rows, others, weights) {
      const size = rows.length * window;
      const [own, other] = [new Uint32Array(size), new Uint32Array(size)];
      const shares = new Float32Array(size * channels);
      for (let k = 0; k < rows.length; k++) {
        for (let step = 0; step < window; step++) {
          const at = k * window + step;
          own[at] = series.starts[rows[k]!]! + step;
          other[at] = normals.starts[others[k]!]! + step;
          for (let channel = 0; channel < channels; channel++) {
            shares[at * channels + channel] = weights[k * count + channel * stretches + stretchOf[step]!]!;
          }
        }
      }
      return {
        kind: "series",
        rowCount: rows.length,
        layout: series.layout,
        starts: Uint32Array.from(rows, (_, k) => k * window),
        steps: steps.mix(own, other, shares),
        source: series.source,
        // Whatever is changed in a window, it stays of its hour.
        ...(series.times && { times: Float64Array.from(own, (step) => series.times![step]!) }),
      };
    },
    same(row, other, unit) {
      const { from, to } = stepsOf(unit);
      const [own, normal] = [series.starts[row]!, normals.starts[other]!];
      for (let step = from; step < to; step++) {
        if (!steps.same(own + step, normal + step, channelOf(unit))) return false;
      }
      return true;
    },
    distance(row, other) {
      let sum = 0;
      for (let step = 0; step < window; step++) {
        sum += steps.distance(series.starts[row]! + step, normals.starts[other]! + step);
      }
      return sum / window;
    },
    sums(values) {
      const sums = new Float64Array(count);
      values.forEach((value, k) => {
        const [step, channel] = [Math.floor(k / channels), k % channels];
        sums[channel * stretches + stretchOf[step]!]! += value;
      });
      return sums;
    },
    value: (row, unit) =>
      meanOf(stepsOf(unit), (step) => steps.value(series.starts[row]! + step, channelOf(unit))),
    normalValue: (other, unit) =>
      meanOf(stepsOf(unit), (step) => steps.normalValue(normals.starts[other]! + step, channelOf(unit))),
    changes: {
      most: MOST_CHANNELS,
      gradual: true,
      growing(contributions, differing, most) {
        const order = byContribution(differing, contributions);
        const sums = new Float64Array(channels);
        for (const unit of differing) sums[channelOf(unit)]! += contributions[unit]!;
        const worst = byContribution([...new Set(order.map(channelOf))], sums).slice(0, most);
        // Channel by channel, and within each stretch by stretch.
        return prefixes(
          worst.flatMap((channel) => order.filter((unit) => channelOf(unit) === channel)),
          count,
        );
      },
      size: (units) => new Set(units.map(channelOf)).size * count + units.length,
      described(row, other, units, weight) {
        const [own, normal] = [series.starts[row]!, normals.starts[other]!];
        return runsOf(units).map(({ first, last }) => {
          const channel = channelOf(first);
          const during = { from: stepsOf(first).from, to: stepsOf(last).to };
          return {
            ...{ feature: steps.names[channel]!, steps: during },
            from: meanOf(during, (step) => steps.value(own + step, channel)),
            to: meanOf(during, (step) => steps.mixedValue(own + step, normal + step, channel, weight)),
          };
        });
      },
    },
    normal: (unit) => steps.normal(channelOf(unit)),
  };
}

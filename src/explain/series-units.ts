import type { SeriesSet } from "../data/index.js";
import type { FeatureSchema } from "../features/index.js";
import { tableUnits } from "./table-units.js";
import type { FeatureValue, Units } from "./units.js";

/** Stretches of steps that a window is divided into at most, and parts in all. */
const MOST_STRETCHES = 8;
const MOST_UNITS = 256;

/** Stretches of the channels of windows: what happened in which sensor, and when. @param schema of a time step */
export function seriesUnits(series: SeriesSet, normals: SeriesSet, schema: FeatureSchema): Units<SeriesSet> {
  const steps = tableUnits(series.steps, normals.steps, schema);
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
  const meanOf = (unit: number, value: (step: number) => FeatureValue): FeatureValue => {
    const { from, to } = stepsOf(unit);
    const cells = Array.from({ length: to - from }, (_, k) => value(from + k)).filter(
      (cell) => cell !== null,
    );
    const numbers = cells.filter((cell) => typeof cell === "number");
    if (numbers.length === 0) return cells[0] ?? null;
    return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  };
  return {
    count,
    normals: normals.rowCount,
    names: Array.from({ length: count }, (_, unit) => steps.names[channelOf(unit)]!),
    steps: stepsOf,
    changeable: false,
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
    value: (row, unit) => meanOf(unit, (step) => steps.value(series.starts[row]! + step, channelOf(unit))),
    mixedValue: (row, other, unit, weight) =>
      meanOf(unit, (step) =>
        steps.mixedValue(series.starts[row]! + step, normals.starts[other]! + step, channelOf(unit), weight),
      ),
    normal: (unit) => steps.normal(channelOf(unit)),
  };
}

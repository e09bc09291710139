import {
  abs,
  add,
  concat,
  div,
  exp,
  gemm,
  log,
  max,
  mean,
  mul,
  neg,
  reshape,
  split,
  sqrt,
  square,
  sub,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { STILL } from "./normalised.js";
import type { WindowShape } from "./stretches.js";

/**
 * How much the most salient step of a window stands out (Ren et al., KDD 2019): amplitudes of its spectrum are divided by
 * what their neighbours are like on average, the phases stay, and what comes back in time is large where the window does not
 * go on as its usual frequencies do. Relative to the mean over the window; over channels the root mean square.
 *
 * Only steps of the middle half count, since a window that does not end where it began has a jump between its ends;
 * at stride 1 every step but those at the ends of a series is in the middle of some window.
 * @param x [rows, steps * channels]
 * @returns [rows], at least 0
 */
export function singleSteps(x: Tensor, [steps, channels]: WindowShape): Tensor {
  const rows = x.shape[0]!;
  const byChannel = transpose(reshape(x, [rows, steps, channels]), [0, 2, 1]);
  const series = reshape(byChannel, [typeof rows === "number" ? rows * channels : "channels", steps]);
  const centred = sub(series, mean(series, [1], { keepDims: true }));
  const found = relativeResidual(centred, steps);
  const edge = Math.floor(steps / 4);
  const lengths = [edge, steps - 2 * edge, edge].filter((length) => length > 0);
  const inner = edge === 0 ? found : split(found, 1, lengths)[1]!;
  const squares = reshape(square(inner), [rows, channels, steps - 2 * edge]);
  return max(sqrt(mean(squares, [1])), [1]);
}

/** Of series without a mean, [series, steps]: the spectral residual at each step, by its mean over the steps. */
function relativeResidual(series: Tensor, steps: number): Tensor {
  const { root } = series.graph;
  const cosines = root.constant("float32", [steps, steps], wave(steps, Math.cos));
  const sines = root.constant("float32", [steps, steps], wave(steps, Math.sin));
  const [real, imaginary] = [gemm(series, cosines), neg(gemm(series, sines))];
  // Noise of size s has squared amplitudes of about steps * s ** 2.
  const power = add(add(square(real), square(imaginary)), steps * STILL ** 2);
  const usual = smoothed(mul(log(power), 0.5), steps);
  // exp(log amplitude - usual), with the phase: what the spectrum itself is multiplied by is exp(-usual).
  const by = exp(neg(usual));
  const back = sub(gemm(mul(real, by), cosines), gemm(mul(imaginary, by), sines));
  const residual = abs(mul(back, 1 / steps));
  const level = add(mean(residual, [1], { keepDims: true }), STILL / Math.sqrt(steps));
  return div(residual, level);
}

/** cos or sin of 2 pi t k / steps, [steps, steps]. */
function wave(steps: number, of: (angle: number) => number): Float32Array {
  return Float32Array.from({ length: steps * steps }, (_, place) => {
    const turns = (Math.floor(place / steps) * (place % steps)) % steps;
    return of((2 * Math.PI * turns) / steps);
  });
}

/** Steps without which frequencies have no neighbours to speak of. */
const FEWEST = 6;

/** Means of three neighbouring frequencies; the lowest has none of its own, since the mean was taken out: it is that of the next. */
function smoothed(logs: Tensor, steps: number): Tensor {
  if (steps < FEWEST) return mean(logs, [1], { keepDims: true });
  const [, others] = split(logs, 1, [1, steps - 1]) as [Tensor, Tensor];
  const [first] = split(others, 1, [1, steps - 2]) as [Tensor, Tensor];
  // Frequencies 1 to steps - 1, and what stands for frequency 0 on either side.
  const around = concat([first, first, others, first], 1);
  const shifted = [0, 1, 2].map((by) => {
    const lengths = [by, steps, 2 - by].filter((length) => length > 0);
    return split(around, 1, lengths)[by > 0 ? 1 : 0]!;
  });
  return mul(
    shifted.reduce((total, each) => add(total, each)),
    1 / shifted.length,
  );
}

import {
  abs,
  add,
  concat,
  div,
  exp,
  gather,
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
  sum,
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
  const [cosines, sines] = [wave(series, steps, Math.cos), wave(series, steps, Math.sin)];
  const [real, imaginary] = [gemm(series, cosines), neg(gemm(series, sines))];
  // Noise of size s has squared amplitudes of about steps * s ** 2.
  const power = add(add(square(real), square(imaginary)), steps * STILL ** 2);
  const usual = smoothed(mul(log(power), 0.5), steps);
  // exp(log amplitude - usual), with the phase: what the spectrum itself is multiplied by is exp(-usual).
  const by = mul(exp(neg(usual)), shares(series, steps));
  const back = sub(
    gemm(mul(real, by), cosines, { transB: true }),
    gemm(mul(imaginary, by), sines, { transB: true }),
  );
  const residual = abs(back);
  const level = add(mean(residual, [1], { keepDims: true }), STILL / Math.sqrt(steps));
  return div(residual, level);
}

/** Of real numbers, the others mirror these. */
const frequencies = (steps: number): number => Math.floor(steps / 2) + 1;

/**
 * What each says of all of them together: all but the lowest and, of an even number of steps, the highest have a mirror image
 * that says the same. [frequencies]
 */
function shares({ graph: { root } }: Tensor, steps: number): Tensor {
  const own = Float32Array.from(
    { length: frequencies(steps) },
    (_, k) => (k === 0 || 2 * k === steps ? 1 : 2) / steps,
  );
  return root.constant("float32", [own.length], own);
}

/**
 * cos or sin of 2 pi t k / steps, [steps, frequencies]: taken from one turn, which is all of it that the model file has to hold.
 */
function wave({ graph: { root } }: Tensor, steps: number, of: (angle: number) => number): Tensor {
  const count = frequencies(steps);
  const turn = Float32Array.from({ length: steps }, (_, k) => of((2 * Math.PI * k) / steps));
  const times = Array.from({ length: steps }, (_, k) => k);
  const products = mul(
    reshape(root.indices(times), [steps, 1]),
    reshape(root.indices(times.slice(0, count)), [1, count]),
  );
  const whole = root.index(steps);
  return gather(root.constant("float32", [steps], turn), sub(products, mul(div(products, whole), whole)));
}

/** Steps without which frequencies have no neighbours to speak of. */
const FEWEST = 6;

/** Means of three neighbouring frequencies; the lowest has none of its own, since the mean was taken out: it is that of the next. */
function smoothed(logs: Tensor, steps: number): Tensor {
  const count = frequencies(steps);
  if (steps < FEWEST) return sum(mul(logs, shares(logs, steps)), [1], { keepDims: true });
  const [, others] = split(logs, 1, [1, count - 1]) as [Tensor, Tensor];
  const [first] = split(others, 1, [1, count - 2]) as [Tensor, Tensor];
  // Beyond the highest they come back: of an odd number of steps with the highest once more.
  const mirrored = split(others, 1, steps % 2 === 1 ? [count - 2, 1] : [count - 3, 1, 1])[1]!;
  // Frequencies 1 to the highest, with what stands for frequency 0, and with neighbours on either side.
  const around = concat([first, first, others, mirrored], 1);
  const shifted = [0, 1, 2].map((by) => {
    const lengths = [by, count, 2 - by].filter((length) => length > 0);
    return split(around, 1, lengths)[by > 0 ? 1 : 0]!;
  });
  return mul(
    shifted.reduce((total, each) => add(total, each)),
    1 / shifted.length,
  );
}

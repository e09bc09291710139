import {
  abs,
  add,
  type ConvOptions,
  cast,
  conv,
  max,
  mul,
  reshape,
  sub,
  type Tensor,
} from "../../graph/index.js";

/** Rounds to multiples of 1/64 when it is added and subtracted again: inputs of layers are about one. */
const INPUT_GRID = 1.5 * 2 ** 17;
/** The same for weights, times the largest of them: multiples of about a thousandth of it. */
const WEIGHT_GRID = 2 ** 13;

/**
 * A convolution whose result depends little on the order in which a runtime adds, for graphs that are to be reproducible:
 * no runtime has one in double precision. Inputs and weights are split into multiples of a coarse grid and what is left,
 * as Ozaki et al. do for matrices ("Error-free transformations of matrix multiplication by using fast routines", 2012). Sums of
 * products of the former are exact in any order, and the latter are a hundredth of the whole. It takes three convolutions;
 * elsewhere one, as fast as a runtime makes it.
 */
export function preciseConv(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  if (!x.graph.isReproducible) return conv(x, weight, options);
  const coarse = (values: Tensor, grid: Tensor | number): Tensor => sub(add(values, grid), grid);
  const flat = reshape(weight, [weight.shape.reduce<number>((size, length) => size * (length as number), 1)]);
  const largest = mul(max(abs(flat), [0]), WEIGHT_GRID);
  const [highX, highWeight] = [coarse(x, INPUT_GRID), coarse(weight, largest)];
  const parts = [
    conv(highX, highWeight, options),
    conv(sub(x, highX), weight, options),
    conv(highX, sub(weight, highWeight), options),
  ];
  // In double precision, since a runtime would let one convolution go on from the sum of another.
  const [exact, ...rest] = parts.map((part) => cast(part, "float64"));
  return cast(
    rest.reduce((sum, part) => add(sum, part), exact!),
    "float32",
  );
}

import { scopeOf } from "../graph.js";
import { type Attributes, attribute, ints, type Operator } from "../operator.js";
import { type Dim, formatShape, sameType, staticDim, type Tensor } from "../tensor.js";
import { gemm } from "./matmul.js";
import { patches } from "./patches.js";
import { concat, expand, leading, reshape, split, transpose } from "./shape.js";

export interface ConvOptions {
  /** Zeros added before and after every spatial axis: one number for all, or [before..., after...]. */
  pads?: number | readonly number[];
  strides?: number;
  dilations?: number;
}

interface Geometry {
  readonly pads: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

const swapLeadingAxes = (x: Tensor): Tensor =>
  transpose(x, [1, 0, ...x.shape.slice(2).map((_, axis) => axis + 2)]);

function geometryOf(attributes: Attributes): Geometry {
  return {
    pads: attribute(attributes, "pads"),
    strides: attribute(attributes, "strides"),
    dilations: attribute(attributes, "dilations"),
  };
}

const attributesOf = ({ pads, strides, dilations }: Geometry): Attributes => ({
  pads: ints(pads),
  strides: ints(strides),
  dilations: ints(dilations),
});

function geometry(spatial: number, { pads = 0, strides = 1, dilations = 1 }: ConvOptions): Geometry {
  const each = (value: number): number[] => new Array<number>(spatial).fill(value);
  return {
    pads: typeof pads === "number" ? [...each(pads), ...each(pads)] : pads,
    strides: each(strides),
    dilations: each(dilations),
  };
}

/** Refuses what does not fit; returns the lengths of the spatial axes of data and kernel. */
function spatialLengths(x: Tensor, weight: Tensor, channelAxis: 0 | 1): [number[], number[]] {
  if (x.shape.length < 3 || x.shape.length !== weight.shape.length) {
    throw new TypeError(`data ${formatShape(x.shape)} and kernel ${formatShape(weight.shape)} do not fit.`);
  }
  if (x.shape[1] !== weight.shape[channelAxis]) {
    throw new TypeError(`${x.shape[1]} channels meet a kernel for ${weight.shape[channelAxis]}.`);
  }
  const lengths = (tensor: Tensor): number[] =>
    tensor.shape.slice(2).map((_, axis) => staticDim(tensor, axis + 2));
  return [lengths(x), lengths(weight)];
}

/**
 * Cross-correlation over one or more spatial axes, what the field calls convolution:
 * y[n, o, i] = sum over c, k of x[n, c, stride i + dilation k - pad] weight[o, c, k].
 */
const convOp: Operator = {
  type: "Conv",
  infer: ([x, weight], attributes) => {
    const { pads, strides, dilations } = geometryOf(attributes);
    const [lengths, kernel] = spatialLengths(x!, weight!, 1);
    const spatial = lengths.map((length, axis) => {
      const padded = length + pads[axis]! + pads[axis + lengths.length]!;
      const out = Math.floor((padded - dilations[axis]! * (kernel[axis]! - 1) - 1) / strides[axis]!) + 1;
      if (out < 1) throw new TypeError(`a kernel of ${kernel[axis]} does not fit into ${padded}.`);
      return out;
    });
    return [{ dtype: sameType([x!, weight!]), shape: [x!.shape[0]!, weight!.shape[0]!, ...spatial] }];
  },
  gradient: ({ inputs: [x, weight], attributes }, [gradient], wanted) => {
    const shape = geometryOf(attributes);
    return [
      wanted[0] ? inputGradient(gradient!, weight!, x!.shape, shape) : undefined,
      wanted[1] ? weightGradient(x!, gradient!, weight!.shape, shape) : undefined,
    ];
  },
};

/** The transpose of {@link convOp} as a linear map of its data; the kernel keeps the layout it has there. */
const convTransposeOp: Operator = {
  type: "ConvTranspose",
  infer: ([x, weight], attributes) => {
    const { pads, strides, dilations } = geometryOf(attributes);
    const outputPadding = attribute<readonly number[]>(attributes, "output_padding");
    const [lengths, kernel] = spatialLengths(x!, weight!, 0);
    const spatial = lengths.map(
      (length, axis) =>
        strides[axis]! * (length - 1) +
        outputPadding[axis]! +
        dilations[axis]! * (kernel[axis]! - 1) +
        1 -
        pads[axis]! -
        pads[axis + lengths.length]!,
    );
    return [{ dtype: sameType([x!, weight!]), shape: [x!.shape[0]!, weight!.shape[1]!, ...spatial] }];
  },
  gradient: ({ inputs: [x, weight], attributes }, [gradient], wanted) => {
    const shape = geometryOf(attributes);
    return [
      wanted[0]
        ? scopeOf(gradient!, weight!).apply(convOp, [gradient!, weight!], attributesOf(shape))[0]!
        : undefined,
      wanted[1] ? weightGradient(gradient!, x!, weight!.shape, shape) : undefined,
    ];
  },
};

function inputGradient(gradient: Tensor, weight: Tensor, shape: readonly Dim[], geometry: Geometry): Tensor {
  const { pads, strides, dilations } = geometry;
  const around = pads.map((pad, k) => {
    const axis = k % dilations.length;
    return dilations[axis]! * (staticDim(weight, axis + 2) - 1) - pad;
  });
  if (strides.every((stride) => stride === 1) && around.every((pad) => pad >= 0)) {
    const attributes = attributesOf({ pads: around, strides, dilations });
    return scopeOf(gradient, weight).apply(convOp, [gradient, reversed(weight)], attributes)[0]!;
  }
  const spatial = shape.length - 2;
  // Rows at the end of the data that no stride reached get a gradient of zero.
  const outputPadding = strides.map((stride, axis) => {
    const covered =
      stride * (staticDim(gradient, axis + 2) - 1) + dilations[axis]! * (staticDim(weight, axis + 2) - 1) + 1;
    return (shape[axis + 2] as number) + pads[axis]! + pads[axis + spatial]! - covered;
  });
  return scopeOf(gradient, weight).apply(convTransposeOp, [gradient, weight], {
    ...attributesOf(geometry),
    output_padding: ints(outputPadding),
  })[0]!;
}

/** A kernel as the transposed convolution slides it: spatial axes in reverse, inputs and outputs exchanged. */
function reversed(weight: Tensor): Tensor {
  const [outputs, channels, ...lengths] = weight.shape as number[];
  const taps = lengths.reduce((product, length) => product * length, 1);
  const byTap = transpose(reshape(weight, [outputs!, channels!, taps]), [2, 1, 0]);
  const backwards = patches(byTap, [Array.from({ length: taps }, (_, k) => taps - 1 - k)]);
  return reshape(transpose(backwards, [0, 2, 3, 1]), [channels!, outputs!, ...lengths]);
}

/**
 * The derivative with respect to the kernel is itself a convolution, with the roles of batch and channels exchanged
 * and those of stride and dilation: of the data with the gradient as kernel.
 */
function weightGradient(x: Tensor, gradient: Tensor, kernel: readonly Dim[], shape: Geometry): Tensor {
  if (isPlain(x, kernel, shape)) {
    const lengths = kernel as readonly number[];
    if ((x.shape[1] as number) >= WIDE_CHANNELS && kernel[3] !== 1) {
      return wideWeightGradient(x, gradient, lengths, shape);
    }
    if (laidOutSize(gradient, lengths) <= MOST_LAID_OUT) {
      return laidOutWeightGradient(x, gradient, lengths, shape);
    }
  }
  const exchanged = { pads: shape.pads, strides: shape.dilations, dilations: shape.strides };
  const wide = scopeOf(x, gradient).apply(
    convOp,
    [swapLeadingAxes(x), swapLeadingAxes(gradient)],
    attributesOf(exchanged),
  )[0]!;
  // Where strides leave a remainder there are more positions than the kernel has.
  const cut = kernel
    .slice(2)
    .reduce<Tensor>((part, length, axis) => leading(part, axis + 2, length as number), wide);
  return swapLeadingAxes(cut);
}

/** Input channels from which the detour of {@link wideWeightGradient} pays. */
const WIDE_CHANNELS = 16;

/** Numbers that {@link laidOutWeightGradient} may lay out, 256 MiB of them. */
const MOST_LAID_OUT = 2 ** 26;

/** One for each place of the kernel, at each place of the result. */
function laidOutSize(gradient: Tensor, [outputs, ...kernel]: readonly number[]): number {
  const results = (gradient.shape as number[]).reduce((product, length) => product * length, 1);
  return (results / outputs!) * kernel.reduce((product, length) => product * length, 1);
}

/** Over two axes of known lengths, one step at a time. */
function isPlain(x: Tensor, kernel: readonly Dim[], { strides, dilations }: Geometry): boolean {
  const slides = [...strides, ...dilations].every((value) => value === 1);
  return (
    slides && kernel.length === 4 && [...x.shape, ...kernel].every((length) => typeof length === "number")
  );
}

/** Zeros around the two spatial axes. */
function padded(x: Tensor, [top, left, bottom, right]: readonly number[]): Tensor {
  const surrounded = (each: Tensor, axis: number, before: number, after: number): Tensor => {
    const zeros = (length: number): Tensor[] => {
      const shape = each.shape.map((whole, k) => (k === axis ? length : (whole as number)));
      return length === 0 ? [] : [expand(x.graph.root.scalar(0, "float32"), shape)];
    };
    const parts = [...zeros(before), each, ...zeros(after)];
    return parts.length === 1 ? each : concat(parts, axis);
  };
  return surrounded(surrounded(x, 2, top!, bottom!), 3, left!, right!);
}

/** Part of an axis. */
function section(x: Tensor, axis: number, first: number, length: number): Tensor {
  const rest = staticDim(x, axis) - first - length;
  const parts = [first, length, rest].filter((part) => part > 0);
  return parts.length === 1 ? x : split(x, axis, parts)[first > 0 ? 1 : 0]!;
}

/**
 * The same numbers from one product: of the gradient with the data laid out once for each place of the kernel. For few
 * channels, or one place.
 */
function laidOutWeightGradient(
  x: Tensor,
  gradient: Tensor,
  [outputs, channels, height, width]: readonly number[],
  { pads }: Geometry,
): Tensor {
  const [rows, , down, across] = gradient.shape as number[];
  const positions = rows! * down! * across!;
  const whole = padded(swapLeadingAxes(x), pads);
  const lines = Array.from({ length: height! }, (_, row) => section(whole, 2, row, down!));
  const places = lines.flatMap((part) =>
    Array.from({ length: width! }, (_, column) =>
      reshape(section(part, 3, column, across!), [channels!, positions]),
    ),
  );
  const byOutput = reshape(swapLeadingAxes(gradient), [outputs!, positions]);
  const product = gemm(byOutput, concat(places, 0), { transB: true });
  const kernel = reshape(product, [outputs!, height! * width!, channels!]);
  return reshape(transpose(kernel, [0, 2, 1]), [outputs!, channels!, height!, width!]);
}

/**
 * The same numbers from larger matrix products. ONNX Runtime multiplies one small matrix per input channel for the
 * plain form, as wide as the kernel has elements. Here the channels lie side by side along the width, zeros between
 * them, and each column of the kernel is one convolution that strides from channel to channel: its product is
 * channels times wider.
 */
function wideWeightGradient(
  x: Tensor,
  gradient: Tensor,
  [outputs, channels, height, width]: readonly number[],
  { pads }: Geometry,
): Tensor {
  const [top, left, bottom, right] = pads as [number, number, number, number];
  const [rows, , lines, length] = x.shape as [number, number, number, number];
  const period = left + length + right;
  const spaced = padded(x, [0, left, 0, right]);
  const whole = channels! * period;
  const image = reshape(transpose(spaced, [0, 2, 1, 3]), [1, rows, lines, whole]);
  const kernel = swapLeadingAxes(gradient);
  const columns = Array.from({ length: width! }, (_, column) => {
    const shifted = column === 0 ? image : split(image, 3, [column, whole - column])[1]!;
    const product = scopeOf(shifted, kernel).apply(
      convOp,
      [shifted, kernel],
      attributesOf({ pads: [top, 0, bottom, 0], strides: [1, period], dilations: [1, 1] }),
    )[0]!;
    return reshape(transpose(product, [1, 3, 2, 0]), [outputs!, channels!, height!, 1]);
  });
  return concat(columns, 3);
}

/**
 * Cross-correlation. `x` is [rows, channels, ...lengths], `weight` [outputs, channels, ...kernel], both float32; the
 * result is [rows, outputs, ...lengths]. Spatial lengths have to be known when the graph is built.
 */
export function conv(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  const shape = geometry(x.shape.length - 2, options);
  return scopeOf(x, weight).apply(convOp, [x, weight], attributesOf(shape))[0]!;
}

/**
 * Transposed convolution ("deconvolution"): `x` is [rows, channels, ...lengths], `weight` [channels, outputs,
 * ...kernel]; a pad of p cuts p off both ends of the full result.
 */
export function convTranspose(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  const shape = geometry(x.shape.length - 2, options);
  return scopeOf(x, weight).apply(convTransposeOp, [x, weight], {
    ...attributesOf(shape),
    output_padding: ints(shape.strides.map(() => 0)),
  })[0]!;
}

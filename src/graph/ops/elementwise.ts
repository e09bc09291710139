import { scopeOf } from "../graph.js";
import { type Attributes, attribute, float, type Node, type Operator } from "../operator.js";
import { broadcastShapes, sameShape, sameType, type Tensor } from "../tensor.js";
import { sumTo } from "./reduce.js";
import { applyRounding } from "./rounding.js";

type UnaryGradient = (gradient: Tensor, x: Tensor, y: Tensor, attributes: Attributes) => Tensor;
type BinaryGradient = (gradient: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor;

function unary(type: string, derivative?: UnaryGradient): Operator {
  return {
    type,
    infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
    ...(derivative && {
      gradient: ({ inputs, outputs, attributes }: Node, [gradient]: readonly (Tensor | undefined)[]) => [
        derivative(gradient!, inputs[0]!, outputs[0]!, attributes),
      ],
    }),
  };
}

function binary(type: string, byA?: BinaryGradient, byB?: BinaryGradient): Operator {
  return {
    type,
    infer: (inputs) => [
      { dtype: sameType(inputs), shape: broadcastShapes(inputs[0]!.shape, inputs[1]!.shape) },
    ],
    ...(byA &&
      byB && {
        gradient: (
          { inputs, outputs }: Node,
          [gradient]: readonly (Tensor | undefined)[],
          wanted: readonly boolean[],
        ) => {
          const [a, b] = inputs as [Tensor, Tensor];
          const y = outputs[0]!;
          return [
            wanted[0] ? sumTo(byA(gradient!, a, b, y), a.shape) : undefined,
            wanted[1] ? sumTo(byB(gradient!, a, b, y), b.shape) : undefined,
          ];
        },
      }),
  };
}

function comparison(type: string): Operator {
  return {
    type,
    infer: (inputs) => {
      sameType(inputs);
      return [{ dtype: "bool", shape: broadcastShapes(inputs[0]!.shape, inputs[1]!.shape) }];
    },
  };
}

/** Flat wherever it has a derivative: nothing flows back, which lets |x| be differentiated twice. */
function constantBetweenKinks(type: string): Operator {
  return { ...unary(type), gradient: () => [undefined] };
}

const addOp = binary(
  "Add",
  (g) => g,
  (g) => g,
);
const subOp = binary(
  "Sub",
  (g) => g,
  (g) => neg(g),
);
const mulOp = binary(
  "Mul",
  (g, _, b) => mul(g, b),
  (g, a) => mul(g, a),
);
// d(x x) = 2 x dx, in one product instead of two and a sum.
const squareOp: Operator = {
  type: "Mul",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  gradient: ({ inputs: [x] }, [gradient]) => [mul(mul(gradient!, 2), x!)],
};
const divOp = binary(
  "Div",
  (g, _, b) => div(g, b),
  (g, _, b, y) => neg(div(mul(g, y), b)),
);
// Where both sides are equal the first one takes the whole gradient.
const maxOp = binary(
  "Max",
  (g, a, b) => where(greaterOrEqual(a, b), g, like(g, 0)),
  (g, a, b) => where(greaterOrEqual(a, b), like(g, 0), g),
);
const minOp = binary(
  "Min",
  (g, a, b) => where(lessOrEqual(a, b), g, like(g, 0)),
  (g, a, b) => where(lessOrEqual(a, b), like(g, 0), g),
);
const negOp = unary("Neg", (g) => neg(g));
const sqrtOp = unary("Sqrt", (g, _, y) => div(g, mul(y, 2)));
const expOp = unary("Exp", (g, _, y) => mul(g, y));
const logOp = unary("Log", (g, x) => div(g, x));
const absOp = unary("Abs", (g, x) => mul(g, sign(x)));
const signOp = constantBetweenKinks("Sign");
const floorOp = constantBetweenKinks("Floor");
const sigmoidOp = unary("Sigmoid", (g, _, y) => mul(g, mul(y, sub(1, y))));
const tanhOp = unary("Tanh", (g, _, y) => mul(g, sub(1, square(y))));
const reluOp = unary("Relu", (g, x) => mul(g, stepBetween(x, 0)));
const leakyReluOp = unary("LeakyRelu", (g, x, _, attributes) =>
  mul(g, stepBetween(x, attribute<number>(attributes, "alpha"))),
);

// exp(x) - 1 below zero; its derivative there is y + 1.
const eluOp = unary("Elu", (g, _, y) => mul(g, add(minimum(y, 0), 1)));

/**
 * 1 where x > 0, `low` elsewhere: a steep line, cut off at both ends. Two vectorised passes, where a comparison and a
 * selection take three times as long in ONNX Runtime.
 */
function stepBetween(x: Tensor, low: number): Tensor {
  return apply(stepOp, [mul(x, 1e30), like(x, low), like(x, 1)]);
}
const stepOp = constantBetweenKinks("Clip");

/**
 * 1 where x reaches `bound`, which it never exceeds, 0 elsewhere. For float32 in two passes, as above: HardSigmoid is a
 * line that is cut off at 0 and 1.
 */
export function reaching(x: Tensor, bound: Tensor): Tensor {
  if (x.dtype !== "float32") return where(equal(x, bound), like(x, 1), 0);
  return apply(lineOp, [sub(x, bound)], { alpha: float(1e30), beta: float(1) });
}
const lineOp = constantBetweenKinks("HardSigmoid");
const clipOp: Operator = {
  type: "Clip",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  gradient: ({ inputs: [x], outputs: [y] }, [gradient]) => [where(equal(x!, y!), gradient!, 0)],
};
const greaterOp = comparison("Greater");
const greaterOrEqualOp = comparison("GreaterOrEqual");
const lessOp = comparison("Less");
const lessOrEqualOp = comparison("LessOrEqual");
const equalOp = comparison("Equal");

const notOp: Operator = { type: "Not", infer: ([x]) => [{ dtype: "bool", shape: x!.shape }] };
const isNaNOp: Operator = { type: "IsNaN", infer: ([x]) => [{ dtype: "bool", shape: x!.shape }] };
const identityOp = unary("Identity", (g) => g);

const whereOp: Operator = {
  type: "Where",
  infer: ([condition, a, b]) => [
    {
      dtype: sameType([a!, b!]),
      shape: broadcastShapes(condition!.shape, broadcastShapes(a!.shape, b!.shape)),
    },
  ],
  gradient: ({ inputs: [condition, a, b] }, [gradient], wanted) => [
    undefined,
    wanted[1] ? sumTo(where(condition!, gradient!, like(gradient!, 0)), a!.shape) : undefined,
    wanted[2] ? sumTo(where(condition!, like(gradient!, 0), gradient!), b!.shape) : undefined,
  ],
};

/** A tensor, or a number that takes the other operand's element type. */
export type Operand = Tensor | number;

/** A scalar constant of the tensor's element type. */
function like(tensor: Tensor, value: number): Tensor {
  const root = tensor.graph.root;
  switch (tensor.dtype) {
    case "float32":
    case "float64":
      return root.scalar(value, tensor.dtype);
    case "int64":
      return root.index(value);
    case "int32":
      return root.constant("int32", [], Int32Array.of(value));
    default:
      throw new TypeError(`A number cannot be combined with a tensor of ${tensor.dtype}.`);
  }
}

function apply(operator: Operator, inputs: readonly Tensor[], attributes: Attributes = {}): Tensor {
  return scopeOf(...inputs).apply(operator, inputs, attributes)[0]!;
}

function pair(operator: Operator, a: Operand, b: Operand): Tensor {
  if (typeof a === "number") {
    if (typeof b === "number") throw new TypeError("One of the operands has to be a tensor.");
    return apply(operator, [like(b, a), b]);
  }
  if (typeof b === "number") {
    // A number goes inside a repetition: the arithmetic is done once for each distinct element.
    if (a.node?.operator.type !== "Expand") return apply(operator, [a, like(a, b)]);
    const [inner, shape] = a.node.inputs as [Tensor, Tensor];
    return apply(a.node.operator, [pair(operator, inner, b), shape]);
  }
  if (unexpanded(a) === a && unexpanded(b) === b) return apply(operator, [a, b]);
  const shape = broadcastShapes(a.shape, b.shape);
  const fits = (x: Tensor, y: Tensor): boolean => sameShape(broadcastShapes(x.shape, y.shape), shape);
  const left = fits(unexpanded(a), b) ? unexpanded(a) : a;
  const right = fits(left, unexpanded(b)) ? unexpanded(b) : b;
  return apply(operator, [left, right]);
}

/** What an Expand repeats: an operator that broadcasts does not need the copies. */
function unexpanded(x: Tensor): Tensor {
  return x.node?.operator.type === "Expand" ? x.node.inputs[0]! : x;
}

/** Whether a factor is the number 1, perhaps repeated, but not to more elements than `other` has. */
function isOne(factor: Operand, other: Tensor): boolean {
  if (typeof factor === "number") return factor === 1;
  const { contents } = unexpanded(factor);
  if (contents?.length !== 1 || contents[0] !== 1) return false;
  return sameShape(broadcastShapes(factor.shape, other.shape), other.shape);
}

export const add = (a: Operand, b: Operand): Tensor => pair(addOp, a, b);
export const sub = (a: Operand, b: Operand): Tensor => pair(subOp, a, b);

export function mul(a: Operand, b: Operand): Tensor {
  // Derivatives begin with a factor of one.
  if (typeof b !== "number" && isOne(a, b)) return b;
  if (typeof a !== "number" && isOne(b, a)) return a;
  return pair(mulOp, a, b);
}

export const div = (a: Operand, b: Operand): Tensor => pair(divOp, a, b);
export const maximum = (a: Operand, b: Operand): Tensor => pair(maxOp, a, b);
export const minimum = (a: Operand, b: Operand): Tensor => pair(minOp, a, b);
export const neg = (x: Tensor): Tensor => apply(negOp, [x]);
export const sqrt = (x: Tensor): Tensor => apply(sqrtOp, [x]);
export const exp = (x: Tensor): Tensor => applyRounding(expOp, [x]);
export const log = (x: Tensor): Tensor => applyRounding(logOp, [x]);
export const abs = (x: Tensor): Tensor => apply(absOp, [x]);
export const sign = (x: Tensor): Tensor => apply(signOp, [x]);
export const floor = (x: Tensor): Tensor => apply(floorOp, [x]);
export const square = (x: Tensor): Tensor => apply(squareOp, [x, x]);
export const sigmoid = (x: Tensor): Tensor => applyRounding(sigmoidOp, [x]);
export const tanh = (x: Tensor): Tensor => applyRounding(tanhOp, [x]);
export const relu = (x: Tensor): Tensor => apply(reluOp, [x]);

/** x where positive, slope * x elsewhere, for slopes from 0 to 1. */
export function leakyRelu(x: Tensor, slope: number): Tensor {
  if (!(slope >= 0 && slope <= 1))
    throw new TypeError(`LeakyRelu: the slope ${slope} is not between 0 and 1.`);
  return apply(leakyReluOp, [x], { alpha: float(slope) });
}

export const elu = (x: Tensor): Tensor => apply(eluOp, [x]);
export const identity = (x: Tensor): Tensor => apply(identityOp, [x]);

/** Values below `low` become `low`, those above `high` become `high`. */
export const clamp = (x: Tensor, low: number, high: number): Tensor =>
  apply(clipOp, [x, like(x, low), like(x, high)]);

export const greater = (a: Operand, b: Operand): Tensor => pair(greaterOp, a, b);
export const greaterOrEqual = (a: Operand, b: Operand): Tensor => pair(greaterOrEqualOp, a, b);
export const less = (a: Operand, b: Operand): Tensor => pair(lessOp, a, b);
export const lessOrEqual = (a: Operand, b: Operand): Tensor => pair(lessOrEqualOp, a, b);
export const equal = (a: Operand, b: Operand): Tensor => pair(equalOp, a, b);
export const not = (x: Tensor): Tensor => apply(notOp, [x]);
// biome-ignore lint/suspicious/noShadowRestrictedNames: modules that need both can rename one.
export const isNaN = (x: Tensor): Tensor => apply(isNaNOp, [x]);

/** Elements of `a` where the condition holds, of `b` elsewhere. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  if (typeof a === "number" && typeof b === "number")
    throw new TypeError("One of the branches has to be a tensor.");
  const left = typeof a === "number" ? like(b as Tensor, a) : a;
  const right = typeof b === "number" ? like(left, b) : b;
  return apply(whereOp, [condition, left, right]);
}

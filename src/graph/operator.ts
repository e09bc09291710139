import type { Graph } from "./graph.js";
import type { ModelPiece } from "./onnx/piece.js";
import type { Tensor, TensorType } from "./tensor.js";

export type AttributeValue =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "ints"; readonly value: ArrayLike<number> }
  | { readonly kind: "floats"; readonly value: Float32Array }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "graph"; readonly value: Graph };

export type Attributes = Readonly<Record<string, AttributeValue>>;

export const int = (value: number): AttributeValue => ({ kind: "int", value });
export const float = (value: number): AttributeValue => ({ kind: "float", value });
export const ints = (value: ArrayLike<number>): AttributeValue => ({ kind: "ints", value });
export const floats = (value: Float32Array): AttributeValue => ({ kind: "floats", value });

/**
 * One ONNX operator as this package uses it: its type rule and its derivative. To add an operator, write one such
 * object and the function that applies it, and add a case to `test/graph/gradient-cases/`.
 */
export interface Operator {
  /** ONNX's `op_type`. */
  readonly type: string;
  /** ONNX's operator domain; the default one where absent. */
  readonly domain?: string;
  /** Whether outputs after the first are written only where something reads them: they cost time. */
  readonly optionalOutputs?: boolean;
  /**
   * The last so many inputs are not written: what runs does not read them, or reads them inside of its body. They stand
   * here so that the derivative with respect to them can be given directly.
   */
  readonly hidden?: number;
  /**
   * For an operator whose body makes its outputs one for one (a Scan): outputs after the first `carried` are written,
   * and computed, only where something reads them.
   */
  readonly carried?: number;
  /** A part of another model that is written in place of a node, see ops/embed.ts. */
  readonly embedded?: ModelPiece;
  /** Types of the outputs, or a TypeError that says why the inputs do not fit. */
  infer(inputs: readonly Tensor[], attributes: Attributes): readonly TensorType[];
  /**
   * Reverse-mode derivative: from the gradient of the loss with respect to each output (undefined where the loss
   * does not depend on it) to that with respect to each input. Only inputs marked in `wanted` are used; others may be
   * left undefined, which saves their arithmetic. Operators without this are constant in the eyes of the
   * differentiation: comparisons, index arithmetic, casts to integers.
   */
  gradient?(
    node: Node,
    outputGradients: readonly (Tensor | undefined)[],
    wanted: readonly boolean[],
  ): readonly (Tensor | undefined)[];
}

/** An operator applied to tensors. */
export interface Node {
  readonly operator: Operator;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Attributes;
}

/** Reads an attribute's value, for type rules and derivatives. */
export function attribute<T>(attributes: Attributes, name: string): T {
  const found = attributes[name];
  if (found === undefined) throw new TypeError(`Attribute ${name} is missing.`);
  return found.value as T;
}

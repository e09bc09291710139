/** Small networks as other programs write them, with operators and types that our graphs do not have. */
import { encodedAttribute, writeForeignNode } from "../src/graph/onnx/nodes.js";
import { writeValue } from "../src/graph/onnx/serialize.js";
import { WireWriter } from "../src/graph/onnx/wire.js";
import type { Shape } from "../src/graph/tensor.js";

/** Numbers of types in onnx.proto. */
export const TYPE = { float32: 1, uint8: 2, int8: 3, float16: 10 };

export interface NetworkNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Its further outputs. */
  readonly more?: readonly string[];
  readonly attributes?: Readonly<Record<string, number>>;
}

export interface NetworkWeight {
  readonly name: string;
  readonly type: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A network from "image", float32, to "answer". */
export function foreignNetwork(
  shape: Shape,
  nodes: readonly NetworkNode[],
  weights: readonly NetworkWeight[],
  opset = 13,
): Uint8Array {
  const writer = new WireWriter();
  writer.varintField(1, 7);
  writer.message(7, (graph) => {
    graph.stringField(2, "network");
    for (const { type, inputs, output, more = [], attributes = {} } of nodes) {
      const given = new Map(Object.entries(attributes).map((each) => [each[0], encodedAttribute(...each)]));
      const node = { type, domain: "", inputs, outputs: [output, ...more], attributes: given };
      graph.message(1, (each) => writeForeignNode(each, node, (name) => name));
    }
    for (const { name, type, shape: dims, bytes } of weights) {
      graph.message(5, (tensor) => {
        for (const dim of dims) tensor.varintField(1, dim);
        tensor.varintField(2, type);
        tensor.stringField(8, name);
        tensor.bytesField(9, bytes);
      });
    }
    graph.message(11, (value) => writeValue(value, "image", { dtype: "float32", shape }));
    graph.message(12, (value) => value.stringField(1, "answer"));
  });
  writer.message(8, (set) => {
    set.stringField(1, "");
    set.varintField(2, opset);
  });
  return writer.finish();
}

/** float32 values. */
export const weight = (name: string, shape: readonly number[], values: ArrayLike<number>): NetworkWeight => ({
  name,
  type: TYPE.float32,
  shape,
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});

/** Values that half precision holds exactly: 0, and powers of two from 2^-14 to 2^15, of either sign. */
export const halfWeight = (
  name: string,
  shape: readonly number[],
  values: readonly number[],
): NetworkWeight => ({
  name,
  type: TYPE.float16,
  shape,
  bytes: new Uint8Array(
    Uint16Array.from(values, (value) => {
      const exponent = Math.log2(Math.abs(value));
      return value === 0 ? 0 : (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10);
    }).buffer,
  ),
});

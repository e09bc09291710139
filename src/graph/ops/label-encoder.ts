import { type Attributes, type AttributeValue, int, type Operator } from "../operator.js";
import type { Tensor } from "../tensor.js";

const labelEncoderOp: Operator = {
  type: "LabelEncoder",
  domain: "ai.onnx.ml",
  infer: ([x]) => {
    if (x!.dtype !== "string") throw new TypeError(`texts are encoded, not ${x!.dtype}.`);
    return [{ dtype: "int64", shape: x!.shape }];
  },
};

/** The position of each text in `texts`; `unknown` for those that are not there. */
export function encodeLabels(x: Tensor, texts: readonly string[], unknown: number): Tensor {
  const values: AttributeValue = { kind: "ints", value: texts.map((_, position) => position) };
  const attributes: Attributes = {
    keys_strings: { kind: "strings", value: texts },
    values_int64s: values,
    default_int64: int(unknown),
  };
  return x.graph.apply(labelEncoderOp, [x], attributes)[0]!;
}

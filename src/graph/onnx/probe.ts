/** Another program's model with other outputs: to see what is inside of it when it runs. */
import type { Shape } from "../tensor.js";
import { writeValue } from "./serialize.js";
import { readFields, utf8Text, WireWriter } from "./wire.js";

/** Numbers of the fields in onnx.proto. */
const MODEL_GRAPH = 7;
const GRAPH = { input: 11, output: 12, valueInfo: 13 };
const NAME = 1;

/**
 * The same model with the named values as outputs, of whatever type they turn out to be, and without a word on the sizes
 * of its input and of what is in between.
 *
 * @param model an ONNX file
 * @param input a float32 tensor of open lengths, so many as `shape` has
 */
export function withBareOutputs(
  model: Uint8Array,
  input: string,
  shape: Shape,
  outputs: readonly string[],
): Uint8Array {
  const writer = new WireWriter();
  for (const { field, bytes, raw } of readFields(model)) {
    if (field === MODEL_GRAPH) writer.bytesField(field, rewritten(bytes, input, shape, outputs));
    else writer.bytes(raw);
  }
  return writer.finish();
}

function rewritten(graph: Uint8Array, input: string, shape: Shape, outputs: readonly string[]): Uint8Array {
  const writer = new WireWriter();
  for (const { field, bytes, raw } of readFields(graph)) {
    if (field === GRAPH.output || field === GRAPH.valueInfo) continue;
    if (field === GRAPH.input && nameOf(bytes) === input) {
      writer.message(GRAPH.input, (value) => writeValue(value, input, { dtype: "float32", shape }));
    } else writer.bytes(raw);
  }
  for (const name of outputs) writer.message(GRAPH.output, (value) => value.stringField(NAME, name));
  return writer.finish();
}

function nameOf(value: Uint8Array): string {
  for (const { field, bytes } of readFields(value)) if (field === NAME) return utf8Text(bytes);
  return "";
}

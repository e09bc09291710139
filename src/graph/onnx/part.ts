/** A part of a written model as a model of its own, cut at values by their names. */
import type { TensorType } from "../tensor.js";
import {
  INITIALIZER,
  INPUT,
  NODE,
  nameOf,
  OUTPUT,
  VALUE_INFO,
  VALUE_NAME,
  withGraph,
} from "./graph-fields.js";
import { namesIn, neededNodes } from "./needed.js";
import { writeValue } from "./serialize.js";
import { type WireField, WireWriter } from "./wire.js";

/** What enters a part, and what leaves it. */
export interface PartEnds {
  /** Values of the model that are given, in place of being computed. */
  readonly given: ReadonlyMap<string, TensorType>;
  /** Values of the model, of whatever type they turn out to be; by default the outputs that it has. */
  readonly wanted?: readonly string[];
}

/**
 * The part of a model that some of its values need: nodes, initializers and inputs, each as it stands in the file.
 * @param fields of the model's graph
 */
export function partOf(
  model: Uint8Array,
  fields: readonly WireField[],
  { given, wanted }: PartEnds,
): Uint8Array {
  const outputs = fields.filter(({ field }) => field === OUTPUT);
  const leaving = wanted ?? outputs.map(({ field, bytes }) => nameOf(field, bytes)!);
  const { nodes, values } = neededNodes(fields, leaving, new Set(given.keys()));
  const graph = new WireWriter();
  for (const each of fields) {
    const { field, bytes, raw } = each;
    const stays =
      field === NODE
        ? nodes.has(each)
        : field === INITIALIZER
          ? values.has(nameOf(field, bytes)!)
          : field === INPUT
            ? namesIn(bytes, VALUE_NAME).some((name) => values.has(name))
            : field === OUTPUT
              ? wanted === undefined
              : field !== VALUE_INFO;
    if (stays) graph.bytes(raw);
  }
  for (const [name, type] of given) {
    if (values.has(name)) graph.message(INPUT, (value) => writeValue(value, name, type));
  }
  for (const name of wanted ?? []) graph.message(OUTPUT, (value) => value.stringField(VALUE_NAME, name));
  return withGraph(model, graph.finish());
}

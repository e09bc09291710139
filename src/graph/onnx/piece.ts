/** Cuts a part out of a model of another program, to be put into one of ours: see `Graph.embed`. */
import { HypersphereError } from "../../errors.js";
import { shown } from "../../text/shown.js";
import { decodeModel } from "./decode.js";
import { decodeGraph, type ForeignNode, hasBody } from "./nodes.js";
import { inOurOpset } from "./opset.js";
import { encodedTensor } from "./serialize.js";
import { refuseOtherFiles, surveyModel } from "./survey.js";

/** A part of another model: from one of its inputs to some of its values, in our operator set. */
export interface ModelPiece {
  readonly input: string;
  readonly outputs: readonly string[];
  /** In an order in which they can run. */
  readonly nodes: readonly ForeignNode[];
  /** Encoded TensorProtos by name: what the nodes need, no more. */
  readonly initializers: ReadonlyMap<string, Uint8Array>;
}

/**
 * The nodes and weights that some values of a model need, and nothing else of it.
 *
 * @param model an ONNX file
 * @param input name of the one input that the values may depend on
 * @param outputs names of values that nodes compute
 * @param axes how many axes values have, as far as that is known: some operators of old sets cannot be taken over without
 * @throws HypersphereError `invalid-model` for what is no model of one file; for values that there are not, or that depend
 * on another input, or not on this one; for nodes with graphs inside, and operators that our operator set cannot say
 */
export function cutModel(
  model: Uint8Array,
  input: string,
  outputs: readonly string[],
  axes: ReadonlyMap<string, number> = new Map(),
): ModelPiece {
  refuseOtherFiles(surveyModel(model));
  const decoded = decodeModel(model);
  const graph = decodeGraph(decoded.graph);
  const opset = decoded.opsets[""] ?? decoded.opsets["ai.onnx"] ?? 0;
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  const missing = outputs.find((name) => name === "" || !made.has(name));
  if (missing !== undefined) throw refused(`No node of the network computes ${shown(missing)}.`);

  const wanted = new Set(outputs);
  const needed: ForeignNode[] = [];
  // Backwards, so that whoever needs a node has been seen before it.
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => name !== "" && wanted.has(name))) continue;
    if (hasBody(node)) {
      throw refused(
        `What ${shown(outputs[0])} is computed from has a ${node.type} with a graph inside, which cannot be taken over.`,
        "Cut at an earlier tensor, or export the network without control flow.",
      );
    }
    needed.push(node);
    for (const name of node.inputs) if (name !== "") wanted.add(name);
  }
  if (!wanted.has(input)) throw refused(`${shown(outputs[0])} does not depend on the input ${shown(input)}.`);
  const other = decoded.inputs.find(
    ({ name }) => name !== input && wanted.has(name) && !graph.initializers.has(name),
  );
  if (other !== undefined)
    throw refused(`${shown(outputs[0])} depends on a second input, ${shown(other.name)}.`);

  const initializers = new Map([...graph.initializers].filter(([name]) => wanted.has(name)));
  const nodes = needed.reverse().flatMap((node) =>
    inOurOpset(node, opset, axes.get(node.outputs[0]!), (dtype, values, scalar = false) => {
      const name = `${node.outputs[0]}/constant${initializers.size}`;
      const shape = scalar ? [] : [values.length];
      const contents =
        dtype === "float32" ? Float32Array.from(values) : BigInt64Array.from(values, (each) => BigInt(each));
      initializers.set(name, encodedTensor({ name, dtype, shape, contents }));
      return name;
    }),
  );
  return { input, outputs: [...new Set(outputs)], nodes, initializers };
}

function refused(
  message: string,
  hint = "Name a tensor between the image and what the network says of it.",
): HypersphereError {
  return new HypersphereError("invalid-model", message, { hint });
}

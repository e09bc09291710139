/**
 * A model of windows as one of time steps: what neighbouring windows share is computed once. Nobody has to say which layers
 * slide along a series; it follows from the nodes of the graph, whatever made them.
 */
import { decodeModel } from "./decode.js";
import { readInside } from "./needed.js";
import { hasBody } from "./nodes.js";
import { partOf } from "./part.js";
import { StepGraph } from "./step-graph.js";
import { sharedOutputs } from "./step-rules.js";
import { StepValues } from "./step-values.js";
import { readFields } from "./wire.js";

/** A model that takes steps, and where windows begin. */
export interface StepModel {
  /**
   * Outputs are those of the model. Inputs [windows, steps, columns] are [steps, columns] here; beside them there is
   * {@link WINDOW_STARTS}. Other inputs stay.
   */
  readonly model: Uint8Array;
  /** Numbers of the longest value that each window has to itself, of those that come from steps. */
  readonly perWindow: number;
  /** Numbers of the longest value that each step has. */
  readonly perStep: number;
}

/**
 * The same model for windows that overlap. It says of each window what the model says, but for the order of sums over a
 * window. What cannot be shared, such as a window less its own mean, is computed window by window from there on.
 * @param model as `serialize` writes it
 * @returns undefined where it has no input of windows
 * @throws HypersphereError `invalid-model` for what is no ONNX model
 */
export function overSteps(model: Uint8Array): StepModel | undefined {
  const graph = new StepGraph(model);
  const values = StepValues.of(graph);
  if (values === undefined) return undefined;
  for (const node of graph.given.nodes) {
    const inner = [...node.attributes.values()].flatMap(readInside);
    const seen = [...node.inputs, ...inner].filter((name) => values.view(name) !== undefined);
    if (seen.length === 0) {
      values.note(node);
      graph.keep(node);
      continue;
    }
    const shared = hasBody(node) ? undefined : sharedOutputs(node, values);
    if (shared === undefined) {
      for (const name of seen) values.layOut(name);
      graph.keep(node);
    } else node.outputs.forEach((name, k) => values.set(name, shared[k]!));
  }
  for (const { name } of graph.decoded.outputs) if (values.view(name) !== undefined) values.layOut(name);
  return { model: needed(graph.finish(values.inputs)), perWindow: values.perWindow, perStep: values.perStep };
}

/** The same without what no output needs any longer. */
function needed(model: Uint8Array): Uint8Array {
  return partOf(model, [...readFields(decodeModel(model).graph)], { given: new Map() });
}

import { HypersphereError } from "../../errors.js";
import { forEachField, utf8Text } from "./wire.js";
import { WRITTEN_OPERATORS } from "./written-operators.js";

/** What is in a model file at any depth: in subgraphs, functions, attributes and sparse tensors too. */
export interface ModelSurvey {
  /** Operators by domain and name, such as "Add" or "ai.onnx.ml:LabelEncoder", in the order of their first use. */
  readonly operators: readonly string[];
  /** Names of tensors whose values lie in another file. */
  readonly external: readonly string[];
  /** Whether the file defines functions of its own, or programs for training. */
  readonly functions: boolean;
  /** Whether a part that there is once by definition stands there twice: readers would disagree on what is in force. */
  readonly doubled: boolean;
}

interface Found {
  readonly operators: Set<string>;
  readonly external: string[];
  functions: boolean;
  doubled: boolean;
}

type Message = "model" | "training" | "function" | "graph" | "node" | "attribute" | "sparse" | "tensor";

/** Which fields of a message hold further messages that may hold tensors or operators, by their numbers in onnx.proto. */
const INNER: Readonly<Record<Message, ReadonlyMap<number, Message>>> = {
  model: new Map<number, Message>([
    [7, "graph"],
    [20, "training"],
    [25, "function"],
  ]),
  training: new Map<number, Message>([
    [1, "graph"],
    [2, "graph"],
  ]),
  function: new Map<number, Message>([
    [7, "node"],
    [11, "attribute"],
  ]),
  graph: new Map<number, Message>([
    [1, "node"],
    [5, "tensor"],
    [15, "sparse"],
  ]),
  node: new Map<number, Message>([[5, "attribute"]]),
  attribute: new Map<number, Message>([
    [5, "tensor"],
    [6, "graph"],
    [10, "tensor"],
    [11, "graph"],
    [22, "sparse"],
    [23, "sparse"],
  ]),
  sparse: new Map<number, Message>([
    [1, "tensor"],
    [2, "tensor"],
  ]),
  tensor: new Map<number, Message>(),
};
/** Those of them that a message has once at most. */
const ONCE: Readonly<Partial<Record<Message, ReadonlySet<number>>>> = {
  model: new Set([7]),
  training: new Set([1, 2]),
  attribute: new Set([5, 6, 22]),
  sparse: new Set([1, 2]),
};
const TENSOR = { name: 8, externalData: 13, location: 14 };
const NODE = { operator: 4, domain: 7 };
/** As in protocol-buffer readers: deeper files exhaust the stack of whoever reads them. */
const DEEPEST = 100;

/**
 * Looks through a whole model file, without taking it apart: large tensors are stepped over.
 *
 * @throws HypersphereError `invalid-model` for bytes that are no ONNX model, or nested too deeply
 */
export function surveyModel(model: Uint8Array): ModelSurvey {
  const found: Found = { operators: new Set(), external: [], functions: false, doubled: false };
  try {
    survey(new Uint8Array(model.buffer, model.byteOffset, model.byteLength), "model", found, 0);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new HypersphereError(
      "invalid-model",
      `This is not an ONNX model, or not a whole one: ${cause.message}.`,
      { cause, hint: "Copy the original again, or train the model again." },
    );
  }
  return { ...found, operators: [...found.operators] };
}

/**
 * Refuses models that would have ONNX Runtime read other files, wherever in them that stands, and files that other
 * readers would read in another way.
 *
 * @throws HypersphereError `invalid-model`
 */
export function refuseOtherFiles({ external, doubled }: Pick<ModelSurvey, "external" | "doubled">): void {
  const hint =
    "Nothing that hypersphere writes is like that: do not use a model whose origin you do not know.";
  if (external.length > 0) {
    throw new HypersphereError(
      "invalid-model",
      `The values of the tensor ${JSON.stringify(external[0])} lie in another file; a model has to be one whole file.`,
      { hint },
    );
  }
  if (doubled) {
    throw new HypersphereError("invalid-model", "The model has a part twice that it can have only once.", {
      hint,
    });
  }
}

/**
 * Refuses operators that no graph of this package has, and what can hide them.
 *
 * @throws HypersphereError `invalid-model` that names the operator
 */
export function refuseForeignOperators({ operators, functions }: ModelSurvey): void {
  const hint = "Load it as a trusted model only if you know where it comes from.";
  const foreign = operators.find((name) => !WRITTEN_OPERATORS.has(name));
  if (foreign !== undefined) {
    throw new HypersphereError(
      "invalid-model",
      `The model uses the operator ${JSON.stringify(foreign)}, which hypersphere does not write.`,
      { hint },
    );
  }
  if (functions) {
    throw new HypersphereError(
      "invalid-model",
      "The model brings functions or training programs of its own, which hypersphere does not write.",
      { hint },
    );
  }
}

function survey(bytes: Uint8Array, kind: Message, found: Found, depth: number): void {
  if (depth > DEEPEST) throw new RangeError(`its parts are nested more than ${DEEPEST} deep`);
  const inner = INNER[kind];
  const once = ONCE[kind];
  const seen = new Set<number>();
  let name = "";
  let domain = "";
  let external = false;
  if (kind === "training" || kind === "function") found.functions = true;
  forEachField(bytes, (field, payload, number) => {
    const next = inner.get(field);
    if (next !== undefined) {
      if (payload === undefined) throw new RangeError(`field ${field} is a number`);
      if (once?.has(field)) {
        if (seen.has(field)) found.doubled = true;
        seen.add(field);
      }
      survey(payload, next, found, depth + 1);
    } else if (kind === "node") {
      if (field === NODE.operator) name = utf8Text(payload);
      if (field === NODE.domain) domain = utf8Text(payload);
    } else if (kind === "tensor") {
      if (field === TENSOR.name) name = utf8Text(payload);
      // Anything but a plain "in this file" counts, in whatever form it is written.
      if (field === TENSOR.externalData || (field === TENSOR.location && number !== 0)) external = true;
    }
  });
  if (kind === "node")
    found.operators.add(domain === "" || domain === "ai.onnx" ? name : `${domain}:${name}`);
  if (external) found.external.push(name);
}

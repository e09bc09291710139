import { HypersphereError } from "../errors.js";
import { columnSchema, inputColumns, kindOfSchema, modelInputs } from "../features/index.js";
import {
  add,
  cast,
  decodeModel,
  div,
  Graph,
  gemm,
  maximum,
  mul,
  reshape,
  serialize,
  sub,
  sum,
  type Tensor,
  withOutput,
} from "../graph/index.js";
import { CONTRIBUTION, type ContributionRecord, type ModelCard } from "./card.js";
import type { InnerValues, ScoreTerms } from "./contract.js";
import type { Model } from "./model.js";
import { modelWithCard } from "./with-card.js";

/**
 * The model file with an output `contribution` float32 [rows, ...parts] beside `score`: what each part of a row adds to its
 * score. Computed by new nodes from values that the graph has; replaces an earlier one. What a change in watched columns
 * raises a score by is shared out among those that have changed.
 */
export function withContributionOutput(model: Uint8Array, card: ModelCard, { of }: ScoreTerms): Uint8Array {
  const kind = kindOfSchema(card.schema);
  const parts = kind.parts(card.schema);
  const graph = new Graph();
  const inputs = modelInputs(graph, card.schema);
  const contributions = graph.reproducible(() => {
    const own = parts.sums(of(card, innerValuesOf(graph, model, card), parts.of));
    const watched = kind.changed(card.schema, inputs);
    if (watched === undefined) return own;
    const score = graph.input("score", "float32", ["rows"]);
    const rest = sub(reshape(cast(score, "float64"), ["rows", 1]), sum(own, [1], { keepDims: true }));
    const changed = cast(watched.changed, "float64");
    const shares = div(changed, maximum(sum(changed, [1], { keepDims: true }), 1));
    const places = placesOf(graph, watched.parts, own.shape[1] as number);
    return add(own, gemm(mul(shares, rest), places));
  });
  graph.output(CONTRIBUTION, cast(reshape(contributions, ["rows", ...parts.shape]), "float32"));
  return withOutput(model, serialize(graph), CONTRIBUTION);
}

/**
 * The same model with what each part of a row adds to its score as a further output.
 * @param terms of its detector
 */
export async function modelWithContribution(model: Model, terms: ScoreTerms): Promise<Model> {
  const { card } = model;
  const whole = withContributionOutput(model.toBytes(), card, terms);
  return modelWithCard(model, { ...card, contribution: contributionRecord(card) }, whole);
}

/** What the card says of the output. */
function contributionRecord({ schema }: Pick<ModelCard, "schema">): ContributionRecord {
  const columns = columnSchema(schema);
  const names = columns && inputColumns(columns);
  return {
    ...{ method: "exact", baseline: 0, shape: kindOfSchema(schema).parts(schema).shape },
    ...(names && { columns: [...names.numeric, ...names.categorical] }),
  };
}

/** [watched, parts] 1 where a watched cell is of a part. */
function placesOf(graph: Graph, parts: Uint32Array, count: number): Tensor {
  const places = new Float64Array(parts.length * count);
  parts.forEach((part, k) => {
    places[k * count + part] = 1;
  });
  return graph.constant("float64", [parts.length, count], places);
}

function innerValuesOf(graph: Graph, model: Uint8Array, { inside = {} }: ModelCard): InnerValues {
  const decoded = decodeModel(model);
  const known = new Map<string, Tensor>();
  const input: InnerValues["value"] = (name, dtype, shape) => {
    const tensor = known.get(name) ?? graph.input(name, dtype, shape);
    known.set(name, tensor);
    return tensor;
  };
  return {
    names: Object.keys(inside),
    value(name, dtype, shape) {
      if (Object.hasOwn(inside, name)) return input(inside[name]!, dtype, shape);
      throw new HypersphereError(
        "invalid-model",
        `The model does not say where its graph has the inner value "${name}", which its contributions come from.`,
        { hint: "It was trained by an earlier version of hypersphere: train it again." },
      );
    },
    initializer(name) {
      const { dtype, shape, data } = decoded.initializer(name);
      return { tensor: input(name, dtype, shape), data };
    },
  };
}

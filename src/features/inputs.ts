import { type Dataset, isImages, isSeries, isTable } from "../data/index.js";
import { HypersphereError, throwIfAborted } from "../errors.js";
import { Graph, serialize, type Tensor } from "../graph/index.js";
import type { Runtime } from "../runtime/index.js";
import { declareRawInputs, featureGraph, type RawInputs } from "./feature-graph.js";
import { fitFeatureSchema } from "./fit-schema.js";
import { declareImageInput, ImageRows, imageFeatureGraph, imageSize } from "./image-input.js";
import {
  type Contrast,
  type ImageSchema,
  type InputSchema,
  inputShape,
  isImageSchema,
  isSeriesSchema,
} from "./input-schema.js";
import type { FeatureMatrix } from "./matrix.js";
import type { RawRows } from "./raw-rows.js";
import { RawValues } from "./raw-values.js";
import { featureCount, type Scaling } from "./schema.js";
import { declareSeriesInputs, fitSeriesSchema, SeriesRows, seriesFeatureGraph } from "./series-input.js";

/** A model's inputs, by what they hold; those that its data have no use for are absent. */
export interface Inputs extends RawInputs {
  readonly image: Tensor | undefined;
}

export interface InputOptions {
  readonly scaling: Scaling;
  /** Longer side of the images that networks see, in pixels. */
  readonly imageSize?: number | undefined;
  readonly contrast: Contrast;
}

/** Learns from the training rows how data of their kind become features. @throws HypersphereError `unfit-data` */
export async function fitInputSchema(
  data: Dataset,
  rows: ArrayLike<number>,
  options: InputOptions,
  runtime: Runtime,
  signal?: AbortSignal,
): Promise<InputSchema> {
  if (isTable(data)) return fitFeatureSchema(data, rows, options.scaling);
  if (isSeries(data)) return fitSeriesSchema(data, rows, options.scaling);
  const { channels } = data;
  const size = await imageSize(data, rows, options.imageSize);
  const whole: ImageSchema = {
    kind: "images",
    channels,
    ...size,
    contrast: options.contrast,
    min: 0,
    max: 1,
  };
  const { min, max } = await rangeOf(runtime, whole, new ImageRows(data, whole), rows, signal);
  if (!(max > min)) {
    throw new HypersphereError(
      "unfit-data",
      `${data.source}: every image is of one colour; there is nothing to learn.`,
    );
  }
  return { ...whole, min, max };
}

export function declareInputs(graph: Graph, schema: InputSchema): Inputs {
  if (isImageSchema(schema)) {
    return { numeric: undefined, categorical: undefined, image: declareImageInput(graph, schema) };
  }
  const columns = isSeriesSchema(schema)
    ? declareSeriesInputs(graph, schema)
    : declareRawInputs(graph, schema);
  return { ...columns, image: undefined };
}

/** From a model's inputs to features, float32 [rows, numbers of `inputShape`]. */
export function inputFeatures(schema: InputSchema, inputs: Inputs): Tensor {
  if (isImageSchema(schema)) return imageFeatureGraph(schema, inputs.image!);
  return isSeriesSchema(schema) ? seriesFeatureGraph(schema, inputs) : featureGraph(schema, inputs);
}

/**
 * Data in the form of a model's inputs.
 * @throws HypersphereError `schema-mismatch` for data of another kind, or columns that are not there
 */
export function rawRows(data: Dataset, schema: InputSchema): RawRows {
  if (isImageSchema(schema)) return new ImageRows(data, schema);
  if (isSeriesSchema(schema)) return new SeriesRows(data, schema);
  if (isTable(data)) return new RawValues(data, schema);
  throw new HypersphereError(
    "schema-mismatch",
    `${data.source} holds ${isImages(data) ? "images" : "windows of a series"}, but the model was trained on rows of a table.`,
  );
}

/** Computes the features of the listed rows, with the very graph that goes into the model file. */
export async function computeFeatures(
  runtime: Runtime,
  schema: InputSchema,
  data: Dataset,
  rows: ArrayLike<number>,
  signal?: AbortSignal,
): Promise<FeatureMatrix> {
  if (isSeriesSchema(schema) && isSeries(data)) {
    // Once per time step, however many windows it is in.
    const every = Uint32Array.from({ length: data.steps.rowCount }, (_, step) => step);
    const steps = await computeFeatures(runtime, schema.steps, data.steps, every, signal);
    const starts = Uint32Array.from(rows, (row) => data.starts[row]! * steps.columns);
    return {
      rows: rows.length,
      columns: schema.layout.window * featureCount(schema.steps),
      data: steps.data,
      starts,
    };
  }
  const columns = inputShape(schema).reduce((product, length) => product * length, 1);
  const matrix = new Float32Array(rows.length * columns);
  for await (const { from, features } of featurePieces(
    runtime,
    schema,
    rawRows(data, schema),
    rows,
    signal,
  )) {
    matrix.set(features, from * columns);
  }
  return { rows: rows.length, columns, data: matrix };
}

async function rangeOf(
  runtime: Runtime,
  schema: InputSchema,
  raw: RawRows,
  rows: ArrayLike<number>,
  signal?: AbortSignal,
): Promise<{ min: number; max: number }> {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for await (const { features } of featurePieces(runtime, schema, raw, rows, signal)) {
    for (const value of features) {
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return { min, max };
}

async function* featurePieces(
  runtime: Runtime,
  schema: InputSchema,
  raw: RawRows,
  rows: ArrayLike<number>,
  signal?: AbortSignal,
): AsyncIterable<{ from: number; features: Float32Array }> {
  const graph = new Graph();
  graph.output("features", inputFeatures(schema, declareInputs(graph, schema)));
  const session = await runtime.createSession(serialize(graph));
  try {
    for await (const { from, feeds } of raw.pieces(rows)) {
      throwIfAborted(signal);
      const { features } = await session.run(feeds);
      yield { from, features: features!.data as Float32Array };
    }
  } finally {
    await session.release();
  }
}

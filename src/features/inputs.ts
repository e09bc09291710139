/** How data of any kind become features: what fits, models and reports ask for, whatever the kind. */
import type { Dataset } from "../data/index.js";
import { cast, concat, type Graph, max, split, type Tensor } from "../graph/index.js";
import type { Runtime } from "../runtime/index.js";
import type { InputSchema } from "./input-schema.js";
import { computeDense, declareInputs } from "./kinds/compute.js";
import { kindOf, kindOfSchema, requireKind } from "./kinds/index.js";
import type { FeatureView, InputOptions, Inputs } from "./kinds/kind.js";
import type { FeatureMatrix } from "./matrix.js";
import type { RawRows } from "./raw-rows.js";
import { type FeatureSchema, inputColumns } from "./schema.js";

/** The observations at `rows`, in that order; a row may occur more than once. */
export const selectSamples = <D extends Dataset>(data: D, rows: Uint32Array): D =>
  kindOf(data).select(data, rows) as D;

/** SHA-256 over the data: equal where two fits had the same data. */
export const fingerprint = (data: Dataset): Promise<string> => kindOf(data).fingerprint(data);

/** Learns from the training rows how data of their kind become features. @throws HypersphereError `unfit-data` */
export function fitInputSchema(
  data: Dataset,
  rows: ArrayLike<number>,
  options: InputOptions,
  runtime: Runtime,
  signal?: AbortSignal,
): Promise<InputSchema> {
  return kindOf(data).fitSchema(data, rows, options, { runtime, signal });
}

/** The columns that a model reads, of a row or of a time step; undefined for images. */
export const columnSchema = (schema: InputSchema): FeatureSchema | undefined =>
  kindOfSchema(schema).columnSchema(schema);

/** See `Kind.pixelRange`. */
export const pixelRange = (schema: InputSchema): { readonly min: number; readonly max: number } | undefined =>
  kindOfSchema(schema).pixelRange(schema);

/** The observations that features [rows, ...inputShape] stand for; undefined for kinds of which that cannot be told. */
export const undoneFeatures = (
  schema: InputSchema,
  features: Float32Array,
  source: string,
): Dataset | undefined => kindOfSchema(schema).undone?.(schema, features, source);

/** What the numbers of a row mean: [features], [steps, channels], or [channels, height, width]. */
export const inputShape = (schema: InputSchema): readonly number[] => kindOfSchema(schema).shape(schema);

/** Whether observations are compared with those of the same part of a day or a week. */
export const inSeason = (data: Dataset): boolean =>
  kindOf(data).season(data, new Uint32Array()) !== undefined;

/** Declares a model's inputs. */
export const modelInputs = (graph: Graph, schema: InputSchema): Inputs =>
  declareInputs(graph, kindOfSchema(schema).inputs(schema));

/** From a model's inputs to features, float32 [rows, numbers of `inputShape`]. */
export const inputFeatures = (schema: InputSchema, inputs: Inputs): Tensor =>
  kindOfSchema(schema).features(schema, inputs);

/** Which rows have a changed value in a watched constant column, bool [rows]; undefined where none is watched. */
export function changedRows(schema: InputSchema, inputs: Inputs): Tensor | undefined {
  const cells = kindOfSchema(schema).changed(schema, inputs);
  return cells && cast(max(cells.changed, [1]), "bool");
}

/**
 * Data in the form of a model's inputs.
 * @throws HypersphereError `schema-mismatch` for data of another kind, or columns that are not there
 */
export const rawRows = (data: Dataset, schema: InputSchema): RawRows =>
  requireKind(data, schema).rawRows(data, schema);

/** Computes the features of the listed rows, with the very graph that goes into the model file. */
export function computeFeatures(
  runtime: Runtime,
  schema: InputSchema,
  data: Dataset,
  rows: ArrayLike<number>,
  signal?: AbortSignal,
): Promise<FeatureMatrix> {
  return requireKind(data, schema).compute(data, schema, rows, { runtime, signal });
}

/** The same of rows that go through a view before a detector sees them: never all of their features are held. */
export function computeViewed(
  runtime: Runtime,
  schema: InputSchema,
  data: Dataset,
  rows: ArrayLike<number>,
  view: FeatureView,
  signal?: AbortSignal,
): Promise<FeatureMatrix> {
  const kind = requireKind(data, schema);
  const program = {
    inputs: kind.inputs,
    features: (own: InputSchema, inputs: Inputs) => view.of(kind.features(own, inputs)),
  };
  const raw = kind.rawRows(data, schema);
  return computeDense(program, schema, raw, rows, view.columns, { runtime, signal }, runtime.cores);
}

/** The inputs of a part that leaves out columns, such as those that are constant in its training rows. */
export function selectInputs(inputs: Inputs, wholeInput: InputSchema, partInput: InputSchema): Inputs {
  const [whole, part] = [columnSchema(wholeInput), columnSchema(partInput)];
  if (whole === undefined || part === undefined) return inputs;
  const selected = new Map<"numeric" | "categorical", Tensor>();
  for (const name of ["numeric", "categorical"] as const) {
    const input = inputs.get(name);
    const columns = inputColumns(whole)[name];
    const wanted = new Set(inputColumns(part)[name]);
    if (input === undefined || wanted.size === 0) continue;
    selected.set(name, wanted.size === columns.length ? input : pick(input, columns, wanted));
  }
  return selected;
}

function pick(input: Tensor, columns: readonly string[], wanted: ReadonlySet<string>): Tensor {
  const axis = input.shape.length - 1;
  const parts = split(
    input,
    axis,
    columns.map(() => 1),
  );
  return concat(
    parts.filter((_, k) => wanted.has(columns[k]!)),
    axis,
  );
}

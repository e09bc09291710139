import { HypersphereError } from "../../errors.js";
import { shown } from "../../text/shown.js";
import { ELEMENT_TYPE } from "../element-type.js";
import { type DataType, elementCount, formatShape, type Shape } from "../tensor.js";
import { METADATA_FIELD, writeMetadata } from "./serialize.js";
import { readFields, unpackVarints, type WireField, WireWriter } from "./wire.js";

/** An input or output of a model, as its file declares it. */
export interface DecodedValue {
  readonly name: string;
  /** Undefined for element types that this package does not use, and for values that are not tensors. */
  readonly dtype: DataType | undefined;
  /** Lengths that the file leaves open without a name are called "?". */
  readonly shape: Shape;
}

/** The contents of an initializer: a copy, aligned, the caller's to keep. */
export interface DecodedTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | string[];
}

/** What an ONNX file says about itself, read without running it. */
export interface DecodedModel {
  readonly irVersion: number;
  /** The program that wrote the file. */
  readonly producer: string;
  readonly description: string;
  /** Operator set versions by domain; the default domain is "". */
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The encoded GraphProto: a view of the model's bytes, for checksums. */
  readonly graph: Uint8Array;
  readonly inputs: readonly DecodedValue[];
  readonly outputs: readonly DecodedValue[];
  readonly initializerNames: readonly string[];
  /**
   * The contents of one initializer.
   *
   * @throws HypersphereError `invalid-model` where the model has none of that name, or stores it in another form
   * than {@link serialize} does.
   */
  initializer(name: string): DecodedTensor;
}

/** Numbers of the fields in onnx.proto. */
const MODEL = { irVersion: 1, producer: 2, description: 6, graph: 7, opset: 8, metadata: METADATA_FIELD };
const GRAPH = { initializer: 5, input: 11, output: 12 };
const TENSOR = { dims: 1, type: 2, strings: 6, name: 8, raw: 9, location: 14 };

/**
 * Reads an ONNX model file.
 *
 * @throws HypersphereError `invalid-model` for bytes that are empty, cut off, or something else than an ONNX model.
 */
export function decodeModel(model: Uint8Array): DecodedModel {
  // A Node Buffer slices differently from the Uint8Array that it claims to be.
  const bytes = new Uint8Array(model.buffer, model.byteOffset, model.byteLength);
  return explained(bytes, () => readModel(bytes));
}

/**
 * The same model with other metadata: every byte outside of metadata_props stays as it was.
 *
 * @throws HypersphereError `invalid-model` as {@link decodeModel} does.
 */
export function withMetadata(model: Uint8Array, metadata: Readonly<Record<string, string>>): Uint8Array {
  decodeModel(model);
  const writer = new WireWriter();
  for (const { field, raw } of readFields(model)) if (field !== MODEL.metadata) writer.bytes(raw);
  writeMetadata(writer, metadata);
  return writer.finish();
}

/** The same bytes with one more entry of metadata at their end. */
export function withMetadataEntry(model: Uint8Array, key: string, value: string): Uint8Array {
  const writer = new WireWriter();
  writer.bytes(model);
  writeMetadata(writer, { [key]: value });
  return writer.finish();
}

/**
 * The same model with other contents of one float32 initializer, of the same number of elements.
 *
 * @throws HypersphereError `invalid-model` where the model has no such initializer.
 */
export function withInitializer(model: Uint8Array, name: string, contents: Float32Array): Uint8Array {
  const { dtype, data } = decodeModel(model).initializer(name);
  const { length } = data;
  if (dtype !== "float32") throw invalid(`${name} is of ${dtype}, not of float32.`);
  if (length !== contents.length) throw invalid(`${name} has ${length} elements, not ${contents.length}.`);
  const raw = new Uint8Array(contents.buffer, contents.byteOffset, contents.byteLength);
  return rewritten(model, MODEL.graph, (graph) =>
    rewritten(graph, GRAPH.initializer, (tensor) =>
      tensorName(tensor) === name ? rewritten(tensor, TENSOR.raw, () => raw) : tensor,
    ),
  );
}

/** A message with every occurrence of one length-delimited field passed through a function. */
function rewritten(
  message: Uint8Array,
  target: number,
  change: (payload: Uint8Array) => Uint8Array,
): Uint8Array {
  const writer = new WireWriter();
  for (const field of readFields(message)) {
    if (field.field === target) writer.bytesField(target, change(bytesOf(field)));
    else writer.bytes(field.raw);
  }
  return writer.finish();
}

function readModel(bytes: Uint8Array): DecodedModel {
  let irVersion = 0;
  let producer = "";
  let description = "";
  let graph: Uint8Array | undefined;
  const opsets: [string, number][] = [];
  const metadata: [string, string][] = [];
  for (const field of readFields(bytes)) {
    switch (field.field) {
      case MODEL.irVersion:
        irVersion = Number(numberOf(field));
        break;
      case MODEL.producer:
        producer = textOf(field);
        break;
      case MODEL.description:
        description = textOf(field);
        break;
      case MODEL.graph:
        graph = bytesOf(field);
        break;
      case MODEL.opset:
        opsets.push(readPair(bytesOf(field), (version) => Number(numberOf(version)), 0));
        break;
      case MODEL.metadata:
        metadata.push(readPair(bytesOf(field), textOf, ""));
        break;
    }
  }
  if (irVersion < 1) throw new RangeError("the version of the format is missing");
  if (graph === undefined) throw new RangeError("the graph is missing");
  if (opsets.length === 0) throw new RangeError("the operator set is missing");
  return {
    irVersion,
    producer,
    description,
    opsets: Object.fromEntries(opsets),
    metadata: Object.fromEntries(metadata),
    graph,
    ...readGraph(graph),
  };
}

/** OperatorSetIdProto and StringStringEntryProto: a text in field 1, something else in field 2. */
function readPair<T>(bytes: Uint8Array, second: (field: WireField) => T, absent: T): [string, T] {
  let key = "";
  let value = absent;
  for (const field of readFields(bytes)) {
    if (field.field === 1) key = textOf(field);
    if (field.field === 2) value = second(field);
  }
  return [key, value];
}

function readGraph(
  bytes: Uint8Array,
): Pick<DecodedModel, "inputs" | "outputs" | "initializerNames" | "initializer"> {
  const inputs: DecodedValue[] = [];
  const outputs: DecodedValue[] = [];
  const initializers = new Map<string, Uint8Array>();
  for (const field of readFields(bytes)) {
    if (field.field === GRAPH.input) inputs.push(readValue(bytesOf(field)));
    if (field.field === GRAPH.output) outputs.push(readValue(bytesOf(field)));
    if (field.field === GRAPH.initializer) initializers.set(tensorName(bytesOf(field)), bytesOf(field));
  }
  if (outputs.length === 0) throw new RangeError("the graph has no outputs");
  return {
    inputs,
    outputs,
    initializerNames: [...initializers.keys()],
    initializer: (name) => {
      const found = initializers.get(name);
      if (found === undefined) throw invalid(`The model has no initializer ${shown(name)}.`);
      try {
        return readTensor(found);
      } catch (cause) {
        throw invalid(`The initializer ${shown(name)} cannot be read: ${(cause as Error).message}.`, cause);
      }
    },
  };
}

/** ValueInfoProto { name = 1, type = 2: TypeProto { tensor_type = 1: { elem_type = 1, shape = 2: { dim = 1 } } } }. */
function readValue(bytes: Uint8Array): DecodedValue {
  let name = "";
  let dtype: DataType | undefined;
  let shape: Shape = [];
  for (const field of readFields(bytes)) {
    if (field.field === 1) name = textOf(field);
    if (field.field !== 2) continue;
    for (const type of readFields(bytesOf(field))) {
      if (type.field !== 1) continue;
      for (const part of readFields(bytesOf(type))) {
        if (part.field === 1) dtype = dataType(numberOf(part));
        if (part.field === 2) shape = Array.from(readFields(bytesOf(part)), (dim) => readDim(bytesOf(dim)));
      }
    }
  }
  return { name, dtype, shape };
}

/** TensorShapeProto.Dimension { dim_value = 1, dim_param = 2 }; both absent where nothing is known. */
function readDim(bytes: Uint8Array): number | string {
  let dim: number | string = "?";
  for (const field of readFields(bytes)) {
    if (field.field === 1) dim = Number(numberOf(field));
    if (field.field === 2) dim = textOf(field) || "?";
  }
  return dim;
}

function tensorName(bytes: Uint8Array): string {
  let name = "";
  for (const field of readFields(bytes)) if (field.field === TENSOR.name) name = textOf(field);
  return name;
}

function readTensor(bytes: Uint8Array): DecodedTensor {
  const dims: bigint[] = [];
  let type = 0n;
  let raw: Uint8Array | undefined;
  let external = false;
  const texts: string[] = [];
  for (const field of readFields(bytes)) {
    if (field.field === TENSOR.dims) {
      dims.push(...(field.kind === "varint" ? [numberOf(field)] : unpackVarints(bytesOf(field))));
    }
    if (field.field === TENSOR.type) type = numberOf(field);
    if (field.field === TENSOR.raw) raw = bytesOf(field);
    if (field.field === TENSOR.strings) texts.push(textOf(field));
    if (field.field === TENSOR.location) external = numberOf(field) !== 0n;
  }
  if (external) throw new RangeError("its values lie in another file");
  const dtype = dataType(type);
  if (dtype === undefined)
    throw new RangeError(`it has the ONNX element type ${type}, which is not used here`);
  const shape = dims.map(Number);
  const count = elementCount(shape)!;
  if (shape.some((dim) => dim < 0)) throw new RangeError(`it has the shape ${formatShape(shape)}`);
  const data = dtype === "string" ? texts : typedArray(dtype, raw, count);
  if (data.length !== count) {
    throw new RangeError(`it has ${data.length} elements, but its shape is ${formatShape(shape)}`);
  }
  return { dtype, shape, data };
}

function typedArray(dtype: Exclude<DataType, "string">, raw: Uint8Array | undefined, count: number) {
  if (raw === undefined && count > 0) throw new RangeError("its values are not stored as raw bytes");
  const ArrayType = ARRAYS[dtype];
  // Copied into a buffer of its own: inside the file, values lie at any offset.
  const { buffer } = new Uint8Array(raw ?? []);
  if (buffer.byteLength % ArrayType.BYTES_PER_ELEMENT !== 0) {
    throw new RangeError(`${buffer.byteLength} bytes are not a whole number of ${dtype} elements`);
  }
  return new ArrayType(buffer);
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

function dataType(element: bigint): DataType | undefined {
  return (Object.keys(ELEMENT_TYPE) as DataType[]).find((name) => BigInt(ELEMENT_TYPE[name]) === element);
}

function numberOf({ field, kind, value }: WireField): bigint {
  if (kind !== "varint") throw new RangeError(`field ${field} is not a number`);
  return BigInt.asIntN(64, value);
}

function bytesOf({ field, kind, bytes }: WireField): Uint8Array {
  if (kind !== "bytes") throw new RangeError(`field ${field} is a number`);
  return bytes;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(field: WireField): string {
  try {
    return utf8.decode(bytesOf(field));
  } catch {
    throw new RangeError(`field ${field.field} is not text`);
  }
}

/** First bytes of files that are mistaken for models. */
const FOREIGN: readonly (readonly [start: string, what: string])[] = [
  ["\x89PNG", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  ["PK\x03\x04", "a zip archive (a PyTorch or Keras file, perhaps)"],
  ["\x1f\x8b", "a gzip archive"],
  ["\x89HDF", "an HDF5 file"],
  ["PAR1", "a Parquet file"],
  ["%PDF", "a PDF"],
  ["\x93NUMPY", "a NumPy array"],
  ["\x80\x04\x95", "a Python pickle"],
  ["{", "JSON text"],
  ["<", "HTML or XML"],
  ["version https://git-lfs", "a Git LFS pointer; the file itself was not fetched"],
];

function explained<T>(bytes: Uint8Array, read: () => T): T {
  if (bytes.length === 0) throw invalid("The model is empty.");
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const start = String.fromCharCode(...bytes.subarray(0, 32));
    const foreign = FOREIGN.find(([magic]) => start.startsWith(magic));
    if (foreign !== undefined) throw invalid(`This is not an ONNX model but ${foreign[1]}.`, cause);
    throw invalid(`This is not an ONNX model, or not a whole one: ${cause.message}.`, cause);
  }
}

function invalid(message: string, cause?: unknown): HypersphereError {
  return new HypersphereError("invalid-model", message, {
    cause,
    hint: "Models are the .onnx files that save() writes; one that was copied only in part has to be copied again.",
  });
}

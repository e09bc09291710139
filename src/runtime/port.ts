import { HypersphereError } from "../errors.js";
import type { DataType } from "../graph/index.js";

/** A tensor that exists: what goes into a run and what comes out of it. Row-major. */
export interface TensorValue {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** bool is one byte per element. */
export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | string[];

export type Values = Readonly<Record<string, TensorValue>>;

export interface SessionOptions {
  /** Threads inside one operator; small graphs are fastest with one. Default 1. */
  threads?: number;
  /** Whether failures are tried on purpose: the runtime says nothing of them but what it throws. Default false. */
  quiet?: boolean;
}

/** A model made ready to run. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Fixes the value of some inputs for all later runs, so that data sets are passed once. The data must not be
   * changed afterwards: it may be read in place.
   *
   * With `transfer`, the buffers move to where the session lives, and are empty here from then on if that is another
   * thread. It saves a copy of a large data set. Views of a part of a buffer are copied all the same.
   *
   * @throws HypersphereError `runtime` when a value does not fit its shape, or has the name of no input.
   */
  bind(values: Values, options?: { transfer?: boolean }): Promise<void>;
  /**
   * Runs the model. Results are the caller's to keep.
   *
   * @param outputs names of those that are wanted (default: all); names that the model does not have are left out
   * @throws HypersphereError `runtime` when an input is missing, unknown, or of another type or shape than the model's.
   */
  run(feeds: Values, outputs?: readonly string[]): Promise<Record<string, TensorValue>>;
  /** Frees the model's memory; doing it again does nothing. */
  release(): Promise<void>;
}

/** Runs ONNX models. Only the implementations of this interface know ONNX Runtime. */
export interface Runtime {
  /** "native" is onnxruntime-node, "wasm" onnxruntime-web. */
  readonly kind: "native" | "wasm";
  /** Version of ONNX Runtime. */
  readonly version: string;
  /** Processor cores that its sessions may use, as `threads` of those that have enough to share. */
  readonly cores: number;
  /** @throws HypersphereError `runtime` when the model is not one that the runtime accepts. */
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
  /** Ends the runtime's worker thread, where it has one, with all sessions in it. */
  close(): Promise<void>;
}

export const float32 = (shape: readonly number[], data: Float32Array): TensorValue => ({
  dtype: "float32",
  shape,
  data,
});
export const float64 = (shape: readonly number[], data: Float64Array): TensorValue => ({
  dtype: "float64",
  shape,
  data,
});
export const int64 = (shape: readonly number[], data: BigInt64Array): TensorValue => ({
  dtype: "int64",
  shape,
  data,
});
export const uint8 = (shape: readonly number[], data: Uint8Array): TensorValue => ({
  dtype: "uint8",
  shape,
  data,
});
export const strings = (shape: readonly number[], data: string[]): TensorValue => ({
  dtype: "string",
  shape,
  data,
});
export const scalarIndex = (value: number): TensorValue => int64([], BigInt64Array.of(BigInt(value)));

/** Whether threads share this memory. The type does not exist in pages without cross-origin isolation. */
export const isShared = (buffer: ArrayBufferLike): boolean =>
  typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;

/** @throws HypersphereError `runtime` where a value has the name of no input */
export function refuseUnknownInputs(inputs: readonly string[], values: Values): void {
  const unknown = Object.keys(values).find((name) => !inputs.includes(name));
  if (unknown === undefined) return;
  throw new HypersphereError(
    "runtime",
    `The model has no input "${unknown}"; its inputs are: ${inputs.join(", ")}.`,
  );
}

/** @throws HypersphereError `runtime` when a tensor has more or fewer elements than its shape says. */
export function checkTensor(name: string, { shape, data }: TensorValue): void {
  const count = shape.reduce((product, length) => product * length, 1);
  if (data.length !== count) {
    const hint = data.length === 0 ? { hint: "A buffer that was transferred is empty afterwards." } : {};
    const message = `The input "${name}" has ${data.length} elements, but its shape is [${shape.join(", ")}].`;
    throw new HypersphereError("runtime", message, hint);
  }
}

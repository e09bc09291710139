import type * as Ort from "onnxruntime-node";
import { HypersphereError } from "../errors.js";
import type { DataType } from "../graph/index.js";
import {
  checkTensor,
  isShared,
  type Runtime,
  refuseUnknownInputs,
  type Session,
  type SessionOptions,
  type TensorData,
  type TensorValue,
  type Values,
} from "./port.js";

/** The part of onnxruntime-node and onnxruntime-web that both share. */
export interface OrtModule {
  readonly InferenceSession: typeof Ort.InferenceSession;
  readonly Tensor: typeof Ort.Tensor;
}

/** Runs models in the calling thread with whichever build of ONNX Runtime it is given. */
export class OrtRuntime implements Runtime {
  readonly kind: Runtime["kind"];
  readonly version: string;
  readonly cores = 1;
  readonly #ort: OrtModule;

  constructor(kind: Runtime["kind"], version: string, ort: OrtModule) {
    this.kind = kind;
    this.version = version;
    this.#ort = ort;
  }

  async createSession(model: Uint8Array, options?: SessionOptions): Promise<Session> {
    const open = (part: Uint8Array): Promise<Session> => this.#open(part, options);
    if (!mentionsTrees(model)) return open(model);
    // Pages fetch what walks trees when a model has some.
    const { walkedSession } = await import("./trees/walked-session.js");
    return (await walkedSession(model, open)) ?? open(model);
  }

  async close(): Promise<void> {}

  async #open(model: Uint8Array, { threads = 1, quiet = false }: SessionOptions = {}): Promise<Session> {
    const options: Ort.InferenceSession.SessionOptions = {
      executionProviders: [this.kind === "native" ? "cpu" : "wasm"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: quiet ? 4 : 3,
      extra: {
        session: {
          intra_op: { allow_spinning: threads > 1 ? "1" : "0" },
        },
      },
    };
    try {
      return new OrtSession(this.#ort, await this.#ort.InferenceSession.create(model, options));
    } catch (cause) {
      throw new HypersphereError("runtime", `ONNX Runtime does not accept the model: ${messageOf(cause)}`, {
        cause,
      });
    }
  }
}

const TREES = new TextEncoder().encode("TreeEnsembleRegressor");

/** A first look, without reading the model. */
function mentionsTrees(model: Uint8Array): boolean {
  for (let at = model.indexOf(TREES[0]!); at >= 0; at = model.indexOf(TREES[0]!, at + 1)) {
    if (TREES.every((byte, k) => model[at + k] === byte)) return true;
  }
  return false;
}

class OrtSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #ort: OrtModule;
  readonly #session: Ort.InferenceSession;
  #bound: Record<string, Ort.Tensor> = {};
  #released = false;

  constructor(ort: OrtModule, session: Ort.InferenceSession) {
    this.#ort = ort;
    this.#session = session;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
  }

  async bind(values: Values): Promise<void> {
    this.#bound = { ...this.#bound, ...this.#tensors(values) };
  }

  async run(
    feeds: Values,
    outputs: readonly string[] = this.outputNames,
  ): Promise<Record<string, TensorValue>> {
    const wanted = this.outputNames.filter((name) => outputs.includes(name));
    const inputs = { ...this.#bound, ...this.#tensors(feeds) };
    let results: Ort.InferenceSession.OnnxValueMapType;
    try {
      results = await this.#session.run(inputs, wanted);
    } catch (cause) {
      throw new HypersphereError("runtime", `ONNX Runtime could not run the model: ${messageOf(cause)}`, {
        cause,
      });
    }
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [
        name,
        { dtype: tensor.type as DataType, shape: tensor.dims, data: tensor.data as TensorData },
      ]),
    );
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#bound = {};
    await this.#session.release();
  }

  #tensors(values: Values): Record<string, Ort.Tensor> {
    refuseUnknownInputs(this.inputNames, values);
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, this.#tensor(name, value)]),
    );
  }

  #tensor(name: string, value: TensorValue): Ort.Tensor {
    const { dtype, shape, data } = value;
    checkTensor(name, value);
    try {
      return new this.#ort.Tensor(dtype as "float32", ownMemory(data) as Float32Array, shape);
    } catch (cause) {
      throw new HypersphereError(
        "runtime",
        `The input "${name}" is not a valid tensor: ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
  }
}

/** The native build does not read memory that threads share. */
function ownMemory(data: TensorData): TensorData {
  return ArrayBuffer.isView(data) && isShared(data.buffer) ? data.slice() : data;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** The package in Node. */
import { readFile } from "node:fs/promises";
import { readError, writeFileAtomic } from "./io/index.js";
import { Model } from "./model/index.js";
import { provideBackend } from "./runtime/index.js";
import { type NodeBackendOptions, nodeBackend } from "./runtime/node/backend.js";

export * from "./core.js";
export type { ReadControl, ReadProgress } from "./formats/byte-source.js";
export type { SizeLimit } from "./formats/limits.js";
export type {
  ImageReading,
  Labelling,
  OpenOptions,
  SeriesCutting,
  TableReading,
} from "./formats/open-options.js";
export { type OpenFileOptions, open } from "./io/open.js";
export type { OpenSamplesOptions } from "./model/open-samples.js";
export type { NodeBackendOptions } from "./runtime/node/backend.js";

/** Chooses the build of ONNX Runtime for all fits and scores from here on. */
export function configureRuntime(options: NodeBackendOptions = {}): void {
  const writeFile = (path: string, bytes: Uint8Array, { force }: { force: boolean }): Promise<void> =>
    writeFileAtomic(path, bytes, { force });
  provideBackend({ ...nodeBackend(options), writeFile });
}

configureRuntime({ onFallback: (message) => process.emitWarning(message) });

/** Reads a model file. @throws HypersphereError `io` where it cannot be read, `invalid-model` where it is not one */
export async function loadModel(path: string): Promise<Model> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw await readError(cause, path);
  }
  return Model.fromBytes(bytes);
}

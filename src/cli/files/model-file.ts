import { readFile } from "node:fs/promises";
import { HypersphereError } from "../../errors.js";
import { firstBytes } from "../../io/first-bytes.js";
import { readError } from "../../io/fs-errors.js";
import { Model } from "../../model/index.js";

export interface LoadedModel {
  readonly model: Model;
  readonly bytes: Uint8Array;
}

/** @throws HypersphereError `io`, `invalid-model` naming the file */
export async function loadModelFile(path: string): Promise<LoadedModel> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw await readError(error, path);
  }
  try {
    return { model: await Model.fromBytes(bytes), bytes };
  } catch (error) {
    if (!(error instanceof HypersphereError) || error.code !== "invalid-model") throw error;
    throw new HypersphereError("invalid-model", `${path}: ${error.message}`, {
      cause: error,
      ...(error.hint !== undefined && { hint: error.hint }),
    });
  }
}

/**
 * Whether a file is meant as a model: by its name, or because it begins as ONNX files do, with field 1 (the version
 * of the format) as a small number. No text and no table begins with that byte.
 */
export async function looksLikeModel(path: string): Promise<boolean> {
  if (path === "-") return false;
  if (/\.onnx$/i.test(path)) return true;
  const [tag, version = 0] = await firstBytes(path, 2);
  return tag === 0x08 && version > 0 && version < 0x40;
}

import { readFile } from "node:fs/promises";
import { HypersphereError } from "../../errors.js";
import { firstBytes } from "../../io/first-bytes.js";
import { isFleetFile } from "../../io/fleet/looks-like-fleet.js";
import { readError } from "../../io/fs-errors.js";
import { verifyModel } from "../../io/model-signature.js";
import { Model } from "../../model/index.js";

export interface LoadedModel {
  readonly model: Model;
  readonly bytes: Uint8Array;
}

/** Names the public key that every model a command reads has to be signed with: a path, or PEM text. */
export const VERIFY_KEY = "HYPERSPHERE_VERIFY_KEY";

interface KeyOptions {
  /** Instead of the one that is configured. */
  readonly key?: string | undefined;
  /** For signing, which comes before a signature. */
  readonly unverified?: boolean;
}

/** @throws HypersphereError `io`, `invalid-model` naming the file */
export async function loadModelFile(
  path: string,
  { key, unverified = false }: KeyOptions = {},
): Promise<LoadedModel> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw await readError(error, path);
  }
  if (isFleetFile(bytes)) {
    throw new HypersphereError(
      "invalid-model",
      `${path} is a fleet of models, where one model is expected.`,
      {
        hint: `\`hypersphere inspect ${path} --entity NAME --out model.onnx\` takes the model of one entity out.`,
      },
    );
  }
  try {
    const wanted = unverified ? undefined : (key ?? process.env[VERIFY_KEY]);
    if (wanted !== undefined && wanted !== "") await verifyModel(bytes, wanted);
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

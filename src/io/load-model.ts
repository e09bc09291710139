import { readFile } from "node:fs/promises";
import { HypersphereError } from "../errors.js";
import { Model } from "../model/index.js";
import { type ChildLimits, childBackend } from "../runtime/node/child-runtime.js";
import { type OptionNames, refuseUnknownOptions } from "../text/known-options.js";
import { isFleetFile } from "./fleet/looks-like-fleet.js";
import { readError } from "./fs-errors.js";
import { type Key, verifyModel } from "./model-signature.js";

export interface LoadModelOptions {
  /**
   * False for a file that may come from anybody: it is scored in a process of its own with `limits`, and operators that this
   * package does not write are refused. Default true. See docs/security.md.
   */
  readonly trusted?: boolean | undefined;
  /** Of an untrusted model's process; default 30 s for a run, and 2048 MiB. */
  readonly limits?: ChildLimits | undefined;
  /**
   * Public Ed25519 key that the file has to be signed with, as PEM text, as the path of a PEM file, or as a KeyObject: a file
   * that is not is refused before anything else is read from it.
   */
  readonly verifyKey?: Key | undefined;
}

const LOAD_OPTIONS = Object.keys({
  trusted: true,
  limits: true,
  verifyKey: true,
} satisfies OptionNames<LoadModelOptions>);

/** The longest that a timer can wait, in seconds. */
const LONGEST = 2_147_483;

/**
 * Reads a model file.
 *
 * @example
 * const upload = await loadModel("upload.onnx", { trusted: false, limits: { seconds: 5, memoryMiB: 512 } });
 *
 * @throws HypersphereError `io` where it cannot be read, `invalid-model` where it is not one, has operators that are refused,
 * or is not signed as it has to be
 */
export async function loadModel(path: string, options: LoadModelOptions = {}): Promise<Model> {
  refuseUnknownOptions(options, LOAD_OPTIONS, "of loadModel");
  const { trusted = true, limits, verifyKey } = options;
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw await readError(cause, path);
  }
  if (isFleetFile(bytes)) {
    throw new HypersphereError(
      "invalid-model",
      `${path} is a fleet of models, where one model is expected.`,
      {
        hint: "loadFleet reads it; fleet.model(name) is the model of one entity.",
      },
    );
  }
  if (verifyKey !== undefined) await verifyModel(bytes, verifyKey);
  if (trusted) {
    if (limits === undefined) return Model.fromBytes(bytes);
    throw new HypersphereError("invalid-option", 'option "limits" is for models that are not trusted.', {
      hint: "Add trusted: false.",
    });
  }
  const backend = childBackend({ limits: checkedLimits(limits) });
  return Model.fromBytes(bytes, { trusted, backend });
}

export function checkedLimits({ seconds = 30, memoryMiB = 2048 }: ChildLimits = {}): ChildLimits {
  for (const [name, value] of Object.entries({ seconds, memoryMiB })) {
    if (typeof value === "number" && value > 0 && value <= LONGEST) continue;
    throw new HypersphereError(
      "invalid-option",
      `limits.${name} is ${String(value)}, expected a number above 0 and at most ${LONGEST}.`,
    );
  }
  return { seconds, memoryMiB };
}

import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { HypersphereError, Model, verifyModel } from "hypersphere";
import type { Database } from "../store/index.js";
import { addVersion } from "./model-store.js";
import { checkName } from "./name.js";

/** A file that whoever starts the service trusts. */
interface FolderModel {
  readonly name: string;
  readonly file: Uint8Array;
  /** The model's card, as JSON text. */
  readonly card: string;
}

/**
 * Reads each model file of a folder, before anything else is begun.
 * @throws Problem, HypersphereError naming the file
 */
export async function readFolder(folder: string, verifyKey?: string): Promise<FolderModel[]> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (cause) {
    throw new HypersphereError("io", `The folder of models ${folder} cannot be read.`, { cause });
  }
  const models: FolderModel[] = [];
  for (const entry of entries.filter((name) => name.endsWith(".onnx")).sort()) {
    const name = checkName(basename(entry, ".onnx"));
    const file = await readFile(join(folder, entry));
    const { card } = await checked(file, entry, verifyKey);
    models.push({ name, file, card: JSON.stringify(card) });
  }
  return models;
}

/**
 * Takes each as a version of the model of its name. A file that has changed becomes the active version, unless the active one
 * came another way.
 */
export async function importModels(
  db: Database,
  models: readonly FolderModel[],
): Promise<{ name: string; version: number; added: boolean; active: boolean }[]> {
  const imported = [];
  for (const given of models) {
    const result = await addVersion(db, {
      ...{ ...given, trusted: true, source: "folder", who: "service" },
      activate: (model, active) => model.active_version === null || active?.source === "folder",
    });
    imported.push({ name: given.name, ...result });
  }
  return imported;
}

async function checked(file: Uint8Array, name: string, verifyKey: string | undefined): Promise<Model> {
  try {
    if (verifyKey !== undefined) await verifyModel(file, verifyKey);
    return await Model.fromBytes(file);
  } catch (error) {
    if (!(error instanceof HypersphereError)) throw error;
    throw new HypersphereError(error.code, `${name}: ${error.message}`, {
      cause: error,
      ...(error.hint !== undefined && { hint: error.hint }),
    });
  }
}

import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { HypersphereError, loadFleet, Model, verifyModel } from "hypersphere";
import { Problem } from "../problem.js";
import type { Database } from "../store/index.js";
import { type CheckedFile, refuseUnsignedFleet } from "./check-upload.js";
import { factsOf } from "./fleet-facts.js";
import { addVersion } from "./model-store.js";
import { checkName } from "./name.js";

/** A file that whoever starts the service trusts. */
interface FolderModel extends CheckedFile {
  readonly name: string;
  readonly file: Uint8Array;
}

/** Endings of files with one model, and with a model for each entity. */
const ENDINGS = [".onnx", ".hsz"] as const;

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
  for (const entry of entries.sort()) {
    const ending = ENDINGS.find((one) => entry.endsWith(one));
    if (ending === undefined) continue;
    const name = checkName(basename(entry, ending));
    if (models.some((one) => one.name === name)) {
      throw new Problem("invalid-request", `The folder ${folder} has two files for the model "${name}".`, {
        hint: "Rename one of them: a model is served by its file's name.",
      });
    }
    const path = join(folder, entry);
    const file = await readFile(path);
    const found = await checked(() => describe({ path, file, ending }, verifyKey), entry);
    models.push({ name, file, ...found });
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

async function describe(
  { path, file, ending }: { path: string; file: Uint8Array; ending: (typeof ENDINGS)[number] },
  verifyKey: string | undefined,
): Promise<CheckedFile> {
  if (ending === ".hsz") {
    refuseUnsignedFleet(verifyKey);
    await using fleet = await loadFleet(path);
    return { card: JSON.stringify(fleet.card), fleet: JSON.stringify(factsOf(fleet)) };
  }
  if (verifyKey !== undefined) await verifyModel(file, verifyKey);
  return { card: JSON.stringify((await Model.fromBytes(file)).card) };
}

/** What is wrong with a file names it. */
async function checked<T>(work: () => Promise<T>, name: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HypersphereError)) throw error;
    throw new HypersphereError(error.code, `${name}: ${error.message}`, {
      cause: error,
      ...(error.hint !== undefined && { hint: error.hint }),
    });
  }
}

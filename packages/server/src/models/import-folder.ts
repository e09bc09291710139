import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { HypersphereError, loadFleet, Model, verifyModel } from "hypersphere";
import { Problem } from "../problem.js";
import type { Database } from "../store/index.js";
import { type CheckedFile, refuseUnsignedFleet } from "./check-upload.js";
import { factsOf } from "./fleet-facts.js";
import { addVersion, listAllVersions, listModels } from "./model-store.js";
import { checkName } from "./name.js";

/** Endings of files with one model, and with a model for each entity. */
const ENDINGS = [".onnx", ".hsz"] as const;

/** A file that whoever starts the service trusts. Its bytes are read twice, and not kept: a folder may hold more than fits. */
interface FolderModel {
  readonly name: string;
  readonly path: string;
  readonly ending: (typeof ENDINGS)[number];
  readonly sha256: string;
  /** Undefined where it is a version already. */
  readonly found?: CheckedFile | undefined;
}

interface Imported {
  readonly name: string;
  readonly version: number;
  readonly added: boolean;
  readonly active: boolean;
}

/**
 * Takes each model file of a folder as a version of the model of its name. A file that has changed becomes the active version,
 * unless the active one came another way. All new files are checked before the first one is taken; those that are versions
 * already are recognised by their bytes.
 * @throws Problem, HypersphereError naming the file
 */
export async function importFolder(db: Database, folder: string, verifyKey?: string): Promise<Imported[]> {
  const names = await namesIn(folder);
  const stored = await listDigests(db);
  const models: FolderModel[] = [];
  for (const [name, { path, ending }] of names) {
    const file = await readFile(path);
    const sha256 = digestOf(file);
    const found = await checked(async () => {
      await requireSignature(file, ending, verifyKey);
      return stored.has(keyOf(name, sha256)) ? undefined : describe(path, file, ending);
    }, basename(path));
    models.push({ name, path, ending, sha256, found });
  }
  const imported: Imported[] = [];
  for (const model of models) imported.push(await taken(db, model, stored));
  return imported;
}

async function taken(
  db: Database,
  { name, path, sha256, found }: FolderModel,
  stored: ReadonlyMap<string, { readonly version: number; readonly active: boolean }>,
): Promise<Imported> {
  if (found === undefined) return { name, added: false, ...stored.get(keyOf(name, sha256))! };
  const file = await readFile(path);
  if (digestOf(file) !== sha256) {
    throw new HypersphereError("io", `${basename(path)} was changed while the service started.`, {
      hint: "Write a model under another name first and then rename it, and start the service again.",
    });
  }
  const result = await addVersion(db, {
    ...{ name, file, ...found, trusted: true, source: "folder", who: "service" },
    activate: (model, active) => model.active_version === null || active?.source === "folder",
  });
  return { name, ...result };
}

/** The model files of a folder, by the name of their model. */
async function namesIn(folder: string): Promise<Map<string, Pick<FolderModel, "path" | "ending">>> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (cause) {
    throw new HypersphereError("io", `The folder of models ${folder} cannot be read.`, {
      hint: "Name a folder with the files that `hypersphere train` wrote, or none, and upload models later.",
      cause,
    });
  }
  const names = new Map<string, Pick<FolderModel, "path" | "ending">>();
  for (const entry of entries.sort()) {
    const ending = ENDINGS.find((one) => entry.endsWith(one));
    if (ending === undefined) continue;
    const name = checkName(basename(entry, ending));
    if (names.has(name)) {
      throw new Problem("invalid-request", `The folder ${folder} has two files for the model "${name}".`, {
        hint: "Rename one of them: a model is served by its file's name.",
      });
    }
    names.set(name, { path: join(folder, entry), ending });
  }
  return names;
}

/** Versions that there are, by the name of their model and the digest of their file. */
async function listDigests(db: Database): Promise<Map<string, { version: number; active: boolean }>> {
  const versions = await listAllVersions(db);
  return new Map(
    (await listModels(db)).flatMap(({ id, name, active_version }) =>
      (versions.get(id) ?? []).map(({ version, sha256 }) => [
        keyOf(name, sha256),
        { version, active: version === active_version },
      ]),
    ),
  );
}

const keyOf = (name: string, sha256: string): string => `${name} ${sha256}`;

const digestOf = (file: Uint8Array): string => createHash("sha256").update(file).digest("hex");

async function requireSignature(
  file: Uint8Array,
  ending: FolderModel["ending"],
  verifyKey: string | undefined,
): Promise<void> {
  if (ending === ".hsz") refuseUnsignedFleet(verifyKey);
  else if (verifyKey !== undefined) await verifyModel(file, verifyKey);
}

async function describe(path: string, file: Uint8Array, ending: FolderModel["ending"]): Promise<CheckedFile> {
  if (ending === ".onnx") return { card: JSON.stringify((await Model.fromBytes(file)).card) };
  await using fleet = await loadFleet(path, { name: "the fleet's file" });
  return { card: JSON.stringify(fleet.card), fleet: JSON.stringify(factsOf(fleet)) };
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

import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Model } from "hypersphere";
import type { Database } from "../store/index.js";
import { addVersion } from "./model-store.js";
import { checkName } from "./name.js";

/**
 * Takes each model file of a folder as a version of the model of its name. Whoever starts the service trusts these files. A
 * file that has changed becomes the active version, unless the active one came another way.
 * @throws Problem, HypersphereError naming the file
 */
export async function importFolder(
  db: Database,
  folder: string,
): Promise<{ name: string; version: number; added: boolean; active: boolean }[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".onnx")).sort();
  const imported = [];
  for (const entry of files) {
    const name = checkName(basename(entry, ".onnx"));
    const file = await readFile(join(folder, entry));
    const { card } = await Model.fromBytes(file);
    const result = await addVersion(db, {
      ...{ name, file, card: JSON.stringify(card), trusted: true, source: "folder", who: "service" },
      activate: (model, active) => model.active_version === null || active?.source === "folder",
    });
    imported.push({ name, ...result });
  }
  return imported;
}

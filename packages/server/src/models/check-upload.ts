import { HypersphereError, type Model, tableFromRows, verifyModel } from "hypersphere";
import type { Settings } from "../settings.js";
import { loadBytes } from "./loaded-models.js";

/**
 * What a file from a stranger says of itself, after the library's checks and, for models of tables, a row scored in a process
 * with limits: one that cannot be run is not taken.
 * @returns its card, as JSON text
 * @throws HypersphereError `invalid-model`
 */
export async function checkUpload(
  file: Uint8Array,
  folder: string,
  bounds: Pick<Settings, "strangerSeconds" | "strangerMiB">,
  verifyKey?: string,
): Promise<string> {
  if (verifyKey !== undefined) await verifyModel(file, verifyKey);
  const model = await loadBytes(file, folder, false, bounds);
  try {
    await tryRow(model);
    return JSON.stringify(model.card);
  } finally {
    await model.close();
  }
}

async function tryRow(model: Model): Promise<void> {
  const { schema } = model.card;
  if (schema.kind !== "table") return;
  const { numeric, categorical } = schema;
  const row = Object.fromEntries([
    ...numeric.map(({ name }) => [name, 0]),
    ...categorical.map(({ name, levels }) => [name, levels[0] ?? "a"]),
  ]);
  const kinds = (columns: readonly { readonly name: string }[], kind: "numeric" | "categorical") =>
    columns.map(({ name }) => [name, kind] as const);
  const columnTypes = Object.fromEntries([
    ...kinds(numeric, "numeric"),
    ...kinds(categorical, "categorical"),
  ]);
  try {
    await model.score(tableFromRows([row], { columnTypes }));
  } catch (error) {
    // A model that takes too long, too much, or fails, is a fault of the file, not of the service.
    if (!(error instanceof HypersphereError) || error.code !== "runtime") throw error;
    throw new HypersphereError("invalid-model", `The model cannot score a row: ${error.message}`, {
      ...(error.hint !== undefined && { hint: error.hint }),
      cause: error,
    });
  }
}

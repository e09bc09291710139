import { HypersphereError, type Model, tableFromRows, verifyModel } from "hypersphere";
import type { Settings } from "../settings.js";
import { factsOf, looksLikeFleet } from "./fleet-facts.js";
import { closeFleet, loadBytes, loadFleetBytes } from "./loaded-models.js";

/** What a file says of itself, as JSON texts. */
export interface CheckedFile {
  readonly card: string;
  /** Of a fleet, what its index says. */
  readonly fleet?: string;
}

type Bounds = Pick<Settings, "strangerSeconds" | "strangerMiB" | "fleetModels">;

/** Models of a fleet that a row is scored with: all are read and checked, and all are bounded whenever they score. */
const MOST_TRIED = 8;

/**
 * What a file from a stranger says of itself, after the library's checks and, for models of tables, a row scored in a process
 * with limits: one that cannot be run is not taken. Of a fleet each model is checked.
 * @throws HypersphereError `invalid-model`
 */
export async function checkUpload(
  file: Uint8Array,
  folder: string,
  bounds: Bounds,
  verifyKey?: string,
): Promise<CheckedFile> {
  if (looksLikeFleet(file)) return checkFleet(file, folder, bounds, verifyKey);
  if (verifyKey !== undefined) await verifyModel(file, verifyKey);
  const model = await loadBytes(file, folder, false, bounds);
  try {
    await tryRow(model);
    return { card: JSON.stringify(model.card) };
  } finally {
    await model.close();
  }
}

async function checkFleet(
  file: Uint8Array,
  folder: string,
  bounds: Bounds,
  verifyKey: string | undefined,
): Promise<CheckedFile> {
  refuseUnsignedFleet(verifyKey);
  const opened = await loadFleetBytes(file, folder, false, { ...bounds, fleetModels: 1 });
  const { fleet } = opened;
  try {
    await tryRow(fleet.fallback);
    const own = fleet.entities.filter(({ model }) => model !== undefined);
    const every = Math.ceil(own.length / MOST_TRIED);
    for (const [k, { name }] of own.entries()) {
      const model = await fleet.model(name);
      if (k % every === 0) await tryRow(model);
    }
    return { card: JSON.stringify(fleet.card), fleet: JSON.stringify(factsOf(fleet)) };
  } finally {
    await closeFleet(opened);
  }
}

/** @throws HypersphereError `invalid-model` where models have to be signed: fleets carry no signature */
export function refuseUnsignedFleet(verifyKey: string | undefined): void {
  if (verifyKey === undefined) return;
  throw new HypersphereError("invalid-model", "It is a fleet, which carries no signature.", {
    hint: "Models have to be signed here: serve the models of single entities.",
  });
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

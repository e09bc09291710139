import { driftReport, type FeatureDrift } from "hypersphere";
import { sql } from "kysely";
import { type ActiveModels, type LoadedModels, refuseFleet } from "../models/index.js";
import { Problem } from "../problem.js";
import { withData } from "../scoring/index.js";
import type { Settings } from "../settings.js";
import type { Database } from "../store/index.js";

export interface MovedColumns {
  readonly version: number;
  /** The moment from which on they are; absent where there were too few since the one asked for, or none was. */
  readonly since?: Date;
  /** Results looked at, the latest, and those of them whose values were kept. */
  readonly rows: number;
  readonly kept: number;
  /** Why there are no columns; absent where there are. */
  readonly note?: string;
  /** Those that moved furthest first. */
  readonly columns: readonly FeatureDrift[];
}

const MOST_ROWS = 1000;
/** Of fewer, chance explains nearly everything. */
const LEAST_ROWS = 50;
/** Those whose values are not kept would be normal ones: columns of the rest have moved by choice. */
const LEAST_KEPT = 0.9;

/**
 * Which columns the latest rows differ in from those of training, those since a moment where they are enough: where the drift
 * may come from. It promises nothing to those
 * who look every day.
 * @throws Problem `not-found`, `conflict` for a model of images; HypersphereError for one that cannot be monitored
 */
export async function movedColumns(
  { db, active, loaded }: { db: Database; active: ActiveModels; loaded: LoadedModels },
  settings: Pick<Settings, "maxRows"> & { readonly folder: string },
  { name, from }: { name: string; from?: Date | undefined },
): Promise<MovedColumns> {
  const { model: stored, version } = await active.find(name);
  refuseFleet(version, "columns are compared with those of one model");
  const model = await loaded.open(version);
  if (model.card.schema.kind === "images") {
    throw new Problem("conflict", `"${name}" scores images, which are not kept: they have no columns.`);
  }
  const of = { modelId: stored.id, version: version.version };
  const since = from === undefined ? [] : await latestInputs(db, of, from);
  const enough = since.length >= LEAST_ROWS;
  const latest = enough ? since : await latestInputs(db, of);
  const inputs = latest.flatMap((input) => (input === null ? [] : [JSON.parse(input)]));
  const counts = {
    ...{ version: version.version, rows: latest.length, kept: inputs.length },
    ...(enough && { since: from! }),
  };
  if (latest.length < LEAST_ROWS) {
    return {
      ...counts,
      note: `There are ${latest.length} rows, expected at least ${LEAST_ROWS}.`,
      columns: [],
    };
  }
  if (inputs.length < LEAST_KEPT * latest.length) {
    const note =
      `The values of ${inputs.length} of the latest ${latest.length} rows were kept, mostly of flagged ones. ` +
      "Score with keep=all to compare columns.";
    return { ...counts, note, columns: [] };
  }
  const { features } = await withData({ kind: "rows", rows: inputs }, model, settings, ({ samples }) =>
    driftReport(model, samples),
  );
  return { ...counts, columns: features };
}

/** Values of the latest results, null where they were not kept; the earliest first. */
async function latestInputs(
  db: Database,
  { modelId, version }: { modelId: number; version: number },
  from?: Date,
): Promise<(string | null)[]> {
  let query = db
    .selectFrom("results")
    .select("input")
    .where("model_id", "=", modelId)
    .where("version", "=", version)
    .where(sql<boolean>`not shadow`)
    .orderBy("at", "desc")
    .orderBy("id", "desc")
    .limit(MOST_ROWS);
  if (from !== undefined) query = query.where("at", ">=", from);
  return (await query.execute()).map(({ input }) => input).reverse();
}

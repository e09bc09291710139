import type { Model } from "hypersphere";
import { applyRule, parseRule } from "hypersphere/scoring";
import type { Selectable } from "kysely";
import { Problem } from "../problem.js";
import { addAudit, type Database, type OperatingPointsTable } from "../store/index.js";
import { byModel } from "./by-model.js";
import { findModel, type StoredModel } from "./model-store.js";

export type OperatingPoint = Selectable<OperatingPointsTable>;

export async function listOperatingPoints(db: Database, modelId: number): Promise<OperatingPoint[]> {
  return db
    .selectFrom("operating_points")
    .selectAll()
    .where("model_id", "=", modelId)
    .orderBy("name")
    .execute();
}

/** Those of every model, by its id. */
export async function listAllOperatingPoints(db: Database): Promise<ReadonlyMap<number, OperatingPoint[]>> {
  const points = await db.selectFrom("operating_points").selectAll().orderBy("name").execute();
  return byModel(points);
}

/** Keeps a point under a name, in place of an earlier one. A score is one of a version; a rule fits all. */
export async function setOperatingPoint(
  db: Database,
  model: StoredModel,
  point: Pick<OperatingPoint, "name" | "rule" | "threshold" | "version">,
  who: string,
): Promise<void> {
  const { name, ...values } = point;
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto("operating_points")
      .values({ model_id: model.id, name, ...values, created_by: who })
      .onConflict((conflict) =>
        conflict.columns(["model_id", "name"]).doUpdateSet({ ...values, created_by: who }),
      )
      .execute();
    await addAudit(trx, { who, action: "set-operating-point", subject: model.name, detail: point });
  });
}

/** @throws Problem `not-found`; `conflict` for the one in force */
export async function deleteOperatingPoint(
  db: Database,
  modelName: string,
  name: string,
  who: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const model = await findModel(trx, modelName);
    if (model.operating_point === name) {
      throw new Problem("conflict", `The operating point "${name}" is in force.`, {
        hint: "Put another one in force first, or none.",
      });
    }
    const { numDeletedRows } = await trx
      .deleteFrom("operating_points")
      .where("model_id", "=", model.id)
      .where("name", "=", name)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw unknownPoint(modelName, name);
    await addAudit(trx, { who, action: "delete-operating-point", subject: modelName, detail: { name } });
  });
}

/** Decides by a point from here on; null by the model's own threshold. */
export async function useOperatingPoint(
  db: Database,
  model: StoredModel,
  name: string | null,
  who: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.updateTable("models").set({ operating_point: name }).where("id", "=", model.id).execute();
    await addAudit(trx, { who, action: "use-operating-point", subject: model.name, detail: { name } });
  });
}

/**
 * The score above which rows are flagged, as a float32, which scores are: by a point of the service, by one that the model's file has, or by the model's own
 * threshold where no name is given.
 * @throws Problem `not-found`; `conflict` for a score of another version
 */
export function thresholdOf(
  model: Model,
  { name: modelName, version }: { name: string; version: number },
  points: readonly OperatingPoint[],
  name: string | null,
): number {
  return Math.fround(decided(model, modelName, version, points, name));
}

function decided(
  model: Model,
  modelName: string,
  version: number,
  points: readonly OperatingPoint[],
  name: string | null,
): number {
  if (name === null) return model.card.threshold.threshold;
  const point = points.find((one) => one.name === name);
  if (point === undefined) {
    const own = Object.entries(model.card.operatingPoints).find(([key]) => key === name);
    if (own === undefined) throw unknownPoint(modelName, name);
    return own[1].threshold;
  }
  if (point.rule !== null) return applyRule(parseRule(point.rule), model.calibrationScores).threshold;
  if (point.version === version) return point.threshold!;
  throw new Problem(
    "conflict",
    `The operating point "${name}" is a score of version ${point.version}; version ${version} scores otherwise.`,
    { hint: 'Set it anew for this version, or as a rule such as "false-alarms 1%".' },
  );
}

const unknownPoint = (model: string, name: string): Problem =>
  new Problem("not-found", `The model "${model}" has no operating point "${name}".`);

import { createHash } from "node:crypto";
import type { Selectable } from "kysely";
import { Problem } from "../problem.js";
import { addAudit, type Database, type ModelsTable, type ModelVersionsTable } from "../store/index.js";
import { byModel } from "./by-model.js";
import { cardFacts } from "./card-facts.js";

export type StoredModel = Selectable<ModelsTable>;
/** Without its card, which is many times larger than the rest: `readCard` has it. */
export type StoredVersion = Omit<Selectable<ModelVersionsTable>, "card">;

const WITHOUT_CARD = [
  ...(["model_id", "version", "sha256", "bytes", "facts", "trusted", "source"] as const),
  ...(["created_by", "created_at", "job_id", "comparison", "fleet"] as const),
];

/** Files are kept in pieces: no single value of a query gets large. */
const PIECE = 2 ** 20;

export interface NewVersion {
  readonly name: string;
  readonly file: Uint8Array;
  /** The model's card, as JSON text. */
  readonly card: string;
  /** What a fleet's index says, as JSON text; absent for a single model. */
  readonly fleet?: string | undefined;
  readonly trusted: boolean;
  readonly source: StoredVersion["source"];
  readonly who: string;
  /** The job that made it, and how it compares with the version before, as JSON text. */
  readonly jobId?: string | undefined;
  readonly comparison?: string | undefined;
  /** Whether it answers from now on: a function decides by what is there. */
  readonly activate: (model: StoredModel, active: StoredVersion | undefined) => boolean;
}

interface Added {
  readonly version: number;
  readonly added: boolean;
  readonly active: boolean;
}

/** Adds a version; one with the same bytes is the version that there is. */
export const addVersion = (db: Database, given: NewVersion): Promise<Added> =>
  db.transaction().execute((trx) => addVersionIn(trx, given));

/** The same, in a transaction that does more. */
export async function addVersionIn(
  trx: Database,
  { name, file, card, fleet, trusted, source, who, jobId, comparison, activate }: NewVersion,
): Promise<Added> {
  const sha256 = createHash("sha256").update(file).digest("hex");
  await trx
    .insertInto("models")
    .values({
      name,
      active_version: null,
      previous_version: null,
      shadow_version: null,
      operating_point: null,
    })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  const model = await lockModel(trx, name);
  const versions = await listVersions(trx, model.id);
  const same = versions.find((version) => version.sha256 === sha256);
  if (same !== undefined) {
    return { version: same.version, added: false, active: same.version === model.active_version };
  }
  const version = 1 + Math.max(0, ...versions.map((one) => one.version));
  await keepFile(trx, sha256, file);
  await trx
    .insertInto("model_versions")
    .values({
      model_id: model.id,
      version,
      sha256,
      bytes: file.length,
      card,
      facts: JSON.stringify(cardFacts(card)),
      trusted,
      source,
      created_by: who,
      job_id: jobId ?? null,
      comparison: comparison ?? null,
      fleet: fleet ?? null,
    })
    .execute();
  const active = activate(
    model,
    versions.find((one) => one.version === model.active_version),
  );
  if (active) await setActive(trx, model, version);
  await addAudit(trx, {
    who,
    action: "add-version",
    subject: name,
    detail: { version, sha256, source, active },
  });
  return { version, added: true, active };
}

/** Makes a version answer. @throws Problem `not-found` */
export async function activateVersion(
  db: Database,
  name: string,
  version: number,
  who: string,
): Promise<StoredModel> {
  return db.transaction().execute(async (trx) => {
    const model = await lockModel(trx, name);
    await requireVersion(trx, model, version);
    if (model.active_version !== version) {
      await setActive(trx, model, version);
      await addAudit(trx, { who, action: "activate", subject: name, detail: { version } });
    }
    return lockModel(trx, name);
  });
}

/** Goes to the version that was active before; a second time comes back. @throws Problem `not-found`, `conflict` */
export async function rollBack(db: Database, name: string, who: string): Promise<StoredModel> {
  return db.transaction().execute(async (trx) => {
    const model = await lockModel(trx, name);
    if (model.previous_version === null) {
      throw new Problem("conflict", `No version of "${name}" was active before.`);
    }
    await setActive(trx, model, model.previous_version);
    await addAudit(trx, {
      who,
      action: "rollback",
      subject: name,
      detail: { from: model.active_version, to: model.previous_version },
    });
    return lockModel(trx, name);
  });
}

/** Has a version score beside the active one, unseen; null has none. @throws Problem `not-found`, `conflict` */
export async function setShadow(
  db: Database,
  name: string,
  version: number | null,
  who: string,
): Promise<StoredModel> {
  return db.transaction().execute(async (trx) => {
    const model = await lockModel(trx, name);
    if (version !== null) await requireVersion(trx, model, version);
    if (version !== null && version === model.active_version) {
      throw new Problem(
        "conflict",
        `Version ${version} of "${name}" is active: it cannot be its own shadow.`,
      );
    }
    await trx.updateTable("models").set({ shadow_version: version }).where("id", "=", model.id).execute();
    await addAudit(trx, { who, action: "shadow", subject: name, detail: { version } });
    return lockModel(trx, name);
  });
}

export async function listModels(db: Database): Promise<StoredModel[]> {
  return db.selectFrom("models").selectAll().orderBy("name").execute();
}

/** @throws Problem `not-found` */
export async function findModel(db: Database, name: string): Promise<StoredModel> {
  const model = await db.selectFrom("models").selectAll().where("name", "=", name).executeTakeFirst();
  if (model === undefined) throw unknownModel(name);
  return model;
}

/** The latest last. */
export async function listVersions(db: Database, modelId: number): Promise<StoredVersion[]> {
  return db
    .selectFrom("model_versions")
    .select(WITHOUT_CARD)
    .where("model_id", "=", modelId)
    .orderBy("version")
    .execute();
}

/** Those of every model, by its id. */
export async function listAllVersions(db: Database): Promise<ReadonlyMap<number, StoredVersion[]>> {
  const versions = await db.selectFrom("model_versions").select(WITHOUT_CARD).orderBy("version").execute();
  return byModel(versions);
}

/** The card of a version, as JSON text; undefined where there is no such version. */
export async function readCard(db: Database, modelId: number, version: number): Promise<string | undefined> {
  const found = await db
    .selectFrom("model_versions")
    .select("card")
    .where("model_id", "=", modelId)
    .where("version", "=", version)
    .executeTakeFirst();
  return found?.card;
}

/** The bytes of a version's file. */
export async function readFileOf(db: Database, { sha256, bytes }: StoredVersion): Promise<Uint8Array> {
  const file = new Uint8Array(bytes);
  for (let part = 0; part * PIECE < bytes; part++) {
    const { content } = await db
      .selectFrom("model_chunks")
      .select("content")
      .where("sha256", "=", sha256)
      .where("part", "=", part)
      .executeTakeFirstOrThrow();
    file.set(content, part * PIECE);
  }
  return file;
}

/** For the length of a transaction, so that two changes of one model follow each other. */
async function lockModel(trx: Database, name: string): Promise<StoredModel> {
  const model = await trx
    .selectFrom("models")
    .selectAll()
    .where("name", "=", name)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (model === undefined) throw unknownModel(name);
  return model;
}

async function requireVersion(trx: Database, model: StoredModel, version: number): Promise<void> {
  const found = (await listVersions(trx, model.id)).map((one) => one.version);
  if (found.includes(version)) return;
  throw new Problem("not-found", `There is no version ${version} of "${model.name}".`, {
    hint: `It has the versions ${found.join(", ")}.`,
  });
}

/** What was its shadow stops being one. */
async function setActive(trx: Database, model: StoredModel, version: number): Promise<void> {
  await trx
    .updateTable("models")
    .set({
      active_version: version,
      ...(model.active_version !== version && { previous_version: model.active_version }),
      ...(model.shadow_version === version && { shadow_version: null }),
    })
    .where("id", "=", model.id)
    .execute();
}

async function keepFile(trx: Database, sha256: string, file: Uint8Array): Promise<void> {
  for (let part = 0; part * PIECE < file.length; part++) {
    await trx
      .insertInto("model_chunks")
      .values({ sha256, part, content: Buffer.from(file.subarray(part * PIECE, (part + 1) * PIECE)) })
      .onConflict((conflict) => conflict.columns(["sha256", "part"]).doNothing())
      .execute();
  }
}

const unknownModel = (name: string): Problem =>
  new Problem("not-found", `There is no model "${name}".`, { hint: "GET /v1/models lists those there are." });

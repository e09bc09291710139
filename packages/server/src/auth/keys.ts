import { createHash, randomBytes } from "node:crypto";
import { Problem } from "../problem.js";
import { addAudit, type Database, type KeysTable } from "../store/index.js";

export type Role = KeysTable["role"];
export const ROLES = ["score", "review", "admin"] as const satisfies readonly Role[];

/** Who asks: what is known of a key that was shown. */
export interface Caller {
  readonly keyId: number;
  /** The key's name, as audits and verdicts record it. */
  readonly name: string;
  readonly role: Role;
  /** Requests per minute; null for the service's default. */
  readonly perMinute: number | null;
}

const PREFIX = "hs_";
const FORM = /^hs_[A-Za-z0-9_-]{43}$/;

/** Keys have 256 random bits: a plain digest of one cannot be searched backwards, and needs no salt. */
const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");

/** @returns the key, which is shown once and stored nowhere */
export async function createKey(
  db: Database,
  { name, role, perMinute = null }: { name: string; role: Role; perMinute?: number | null | undefined },
  who: string,
): Promise<{ id: number; key: string }> {
  const key = PREFIX + randomBytes(32).toString("base64url");
  return db.transaction().execute(async (trx) => {
    const { id } = await trx
      .insertInto("keys")
      .values({ name, role, hash: hashOf(key), per_minute: perMinute, created_by: who, revoked_at: null })
      .returning("id")
      .executeTakeFirstOrThrow();
    await addAudit(trx, { who, action: "create-key", subject: name, detail: { id, role } });
    return { id, key };
  });
}

/** The caller that a key stands for; undefined for a key that never was or no longer is. */
export async function findCaller(db: Database, key: string): Promise<Caller | undefined> {
  if (!FORM.test(key)) return undefined;
  const row = await db
    .selectFrom("keys")
    .select(["id", "name", "role", "per_minute"])
    .where("hash", "=", hashOf(key))
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return row && { keyId: row.id, name: row.name, role: row.role, perMinute: row.per_minute };
}

export async function listKeys(db: Database) {
  return db
    .selectFrom("keys")
    .select(["id", "name", "role", "per_minute", "created_by", "created_at", "revoked_at"])
    .orderBy("id")
    .execute();
}

/** @throws Problem `not-found`; `conflict` for the last key that may make others */
export async function revokeKey(db: Database, id: number, who: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const admins = await trx
      .selectFrom("keys")
      .select("id")
      .where("role", "=", "admin")
      .where("revoked_at", "is", null)
      .forUpdate()
      .execute();
    if (admins.length === 1 && admins[0]!.id === id) {
      throw new Problem("conflict", "This is the last admin key.", { hint: "Create another one first." });
    }
    const revoked = await trx
      .updateTable("keys")
      .set({ revoked_at: new Date() })
      .where("id", "=", id)
      .where("revoked_at", "is", null)
      .returning("name")
      .executeTakeFirst();
    if (revoked === undefined) throw new Problem("not-found", `There is no key ${id} in force.`);
    await addAudit(trx, { who, action: "revoke-key", subject: revoked.name, detail: { id } });
  });
}

/** An admin key where there is none in force, as on the first start; undefined otherwise. */
export async function firstKey(db: Database): Promise<string | undefined> {
  const admin = await db
    .selectFrom("keys")
    .select("id")
    .where("role", "=", "admin")
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  if (admin !== undefined) return undefined;
  return (await createKey(db, { name: "first", role: "admin" }, "service")).key;
}

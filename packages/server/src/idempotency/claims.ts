import { createHash, randomUUID } from "node:crypto";
import { sql } from "kysely";
import { Problem } from "../problem.js";
import type { Settings } from "../settings.js";
import type { Database } from "../store/index.js";

/** What a caller calls a request, so that it is done once however often it is sent. */
export interface Named {
  /** Of the caller: others may use the same names. */
  readonly keyId: number;
  readonly key: string;
  /** Of all that the request asks for. */
  readonly fingerprint: string;
}

/** The right to do a request that has a name. */
export interface Claim extends Named {
  readonly claim: string;
}

export interface KeptAnswer {
  readonly status: number;
  readonly answer: string;
}

type Bounds = Pick<Settings, "answerSeconds" | "idempotencyHours">;

/** The same for the same request, and for no other. */
export function fingerprintOf(parts: readonly string[], body: Uint8Array): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(JSON.stringify(part));
  return hash.update(body).digest("hex");
}

/**
 * Begins a request that has a name, or finds what was answered to it. A process that was killed leaves its claim behind, which
 * another takes over once nobody could be at work any more.
 * @throws Problem `idempotency-key-reused` for another request by the same name, `conflict` where it is being worked on
 */
export async function begin(
  db: Database,
  { keyId, key, fingerprint }: Named,
  { answerSeconds, idempotencyHours }: Bounds,
): Promise<Claim | KeptAnswer> {
  const claim = randomUUID();
  const [lease, kept] = [`${2 * answerSeconds + 30} seconds`, `${idempotencyHours} hours`];
  for (;;) {
    // The clock is that of the database, which all processes share.
    const { rows } = await sql`
      insert into idempotency_keys as known (key_id, key, fingerprint, claim)
      values (${keyId}, ${key}, ${fingerprint}, ${claim})
      on conflict (key_id, key) do update
        set fingerprint = excluded.fingerprint, claim = excluded.claim, claimed_at = now(), status = null, answer = null
        where known.claimed_at < now() - ${kept}::interval
          or (known.status is null and known.fingerprint = excluded.fingerprint
            and known.claimed_at < now() - ${lease}::interval)
      returning claim`.execute(db);
    if (rows.length > 0) return { keyId, key, fingerprint, claim };
    const known = await db
      .selectFrom("idempotency_keys")
      .select(["fingerprint", "status", "answer"])
      .where("key_id", "=", keyId)
      .where("key", "=", key)
      .executeTakeFirst();
    // Given up a moment ago.
    if (known === undefined) continue;
    if (known.fingerprint !== fingerprint) {
      throw new Problem(
        "idempotency-key-reused",
        "The Idempotency-Key was used for another request before.",
        {
          hint: "Use a new key for each request, and the same one only to send the same request again.",
        },
      );
    }
    if (known.status !== null) return { status: known.status, answer: known.answer! };
    throw new Problem("conflict", "The request with this Idempotency-Key is being worked on.", {
      hint: "Send it again a little later: it is answered as the first one.",
      retryAfter: 1,
    });
  }
}

/**
 * Keeps the answer to a request.
 * @param trx the transaction that does what was asked for: both are there afterwards, or neither
 * @throws Problem `conflict` where another has taken over
 */
export async function settle(
  trx: Database,
  { keyId, key, claim }: Claim,
  { status, answer }: KeptAnswer,
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable("idempotency_keys")
    .set({ status, answer })
    .where("key_id", "=", keyId)
    .where("key", "=", key)
    .where("claim", "=", claim)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return;
  throw new Problem("conflict", "The request with this Idempotency-Key was taken over by another.", {
    retryAfter: 1,
  });
}

/** After a request that did nothing: its name may be used again, also for another. */
export async function giveUp(db: Database, { keyId, key, claim }: Claim): Promise<void> {
  await db
    .deleteFrom("idempotency_keys")
    .where("key_id", "=", keyId)
    .where("key", "=", key)
    .where("claim", "=", claim)
    .where("status", "is", null)
    .execute();
}

/** Forgets names that have expired, at most so many. @returns how many */
export async function expire(db: Database, hours: number, most: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from idempotency_keys where (key_id, key) in (
      select key_id, key from idempotency_keys where claimed_at < now() - ${`${hours} hours`}::interval
      order by claimed_at limit ${most} for update skip locked)`.execute(db);
  return Number(numAffectedRows);
}

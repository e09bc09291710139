import { sql } from "kysely";
import type { Settings } from "../settings.js";
import type { Database } from "../store/index.js";
import { listWebhooks, type StoredWebhook } from "./registered.js";
import { send } from "./send.js";

type Bounds = Pick<
  Settings,
  "webhookAttempts" | "webhookRetrySeconds" | "webhookSeconds" | "webhooksToPrivate"
>;

interface Claimed {
  readonly id: number;
  readonly key: string;
  readonly payload: string;
  /** With the one that is made now. */
  readonly attempts: number;
}

/** Deliveries of one webhook that are sent at a time: one that does not answer keeps no other waiting. */
const LANES = 2;
const MOST_WAIT_SECONDS = 3600;

/**
 * Sends what is in the outbox. A delivery is claimed for longer than an attempt may take, by a row that is locked: of
 * several processes one sends it, and where that one is killed, another does after the claim. It is sent at least once.
 */
export class Postman {
  readonly #db: Database;
  readonly #bounds: Bounds;
  readonly #onOutcome: (outcome: "delivered" | "failed" | "dead") => void;
  readonly #lanes = new Map<number, Set<Promise<void>>>();
  #stopped = false;

  constructor(
    db: Database,
    bounds: Bounds,
    onOutcome: (outcome: "delivered" | "failed" | "dead") => void = () => {},
  ) {
    this.#db = db;
    this.#bounds = bounds;
    this.#onOutcome = onOutcome;
  }

  /** Begins to send what is due, and goes on until nothing is. */
  async round(): Promise<void> {
    if (this.#stopped) return;
    for (const webhook of await listWebhooks(this.#db)) {
      const lanes = this.#lanes.get(webhook.id) ?? new Set();
      this.#lanes.set(webhook.id, lanes);
      if (this.#stopped) return;
      while (lanes.size < LANES) {
        const lane: Promise<void> = this.#lane(webhook)
          .catch(() => {})
          .finally(() => lanes.delete(lane));
        lanes.add(lane);
      }
    }
  }

  /** Ends what is being sent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#lanes.values()].flatMap((lanes) => [...lanes]));
  }

  /** One delivery after the other: how many a second is for the receiver to say, not for the time between two rounds. */
  async #lane(webhook: StoredWebhook): Promise<void> {
    while (!this.#stopped) {
      const claimed = await this.#claim(webhook.id);
      if (claimed === undefined) return;
      await this.#send(webhook, claimed);
    }
  }

  /** The clock is that of the database, which all processes share. */
  async #claim(webhookId: number): Promise<Claimed | undefined> {
    const lease = `${2 * this.#bounds.webhookSeconds + 10} seconds`;
    const { rows } = await sql<Claimed>`
      update deliveries set attempts = attempts + 1, next_at = now() + ${lease}::interval
      where id in (
        select id from deliveries where webhook_id = ${webhookId} and status = 'waiting' and next_at <= now()
        order by next_at, id limit 1 for update skip locked)
      returning id, key, payload, attempts`.execute(this.#db);
    return rows[0];
  }

  async #send(webhook: StoredWebhook, { id, key, payload, attempts }: Claimed): Promise<void> {
    const { webhookSeconds: seconds, webhooksToPrivate: toPrivate, webhookAttempts } = this.#bounds;
    const wrong = await send(
      { url: webhook.url, secret: webhook.secret, key, payload },
      { toPrivate, seconds },
    );
    const change =
      wrong === undefined
        ? { status: "delivered" as const, delivered_at: sql<Date>`now()`, last_error: null }
        : attempts >= webhookAttempts
          ? { status: "dead" as const, last_error: wrong }
          : { next_at: this.#later(attempts), last_error: wrong };
    await this.#db
      .updateTable("deliveries")
      .set(change)
      .where("id", "=", id)
      .where("status", "=", "waiting")
      // Where the claim was lost, another process has it.
      .where("attempts", "=", attempts)
      .execute();
    this.#onOutcome(wrong === undefined ? "delivered" : "status" in change ? "dead" : "failed");
  }

  /** Twice as long after each attempt, and by chance up to half of it less: receivers that come back are not run over. */
  #later(attempts: number) {
    const full = Math.min(this.#bounds.webhookRetrySeconds * 2 ** (attempts - 1), MOST_WAIT_SECONDS);
    const wait = `${full * (1 - Math.random() / 2)} seconds`;
    return sql<Date>`now() + ${wait}::interval`;
  }
}

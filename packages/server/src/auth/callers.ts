import { Problem } from "../problem.js";
import type { Database } from "../store/index.js";
import { type Caller, findCaller, type Role } from "./keys.js";
import { RateLimiter } from "./rate-limiter.js";

/** What a role may do. Scoring keys sit in machines: they read no results. */
const ALLOWED: Readonly<Record<Role, readonly Role[]>> = {
  score: ["score"],
  review: ["review"],
  admin: ["score", "review", "admin"],
};

/**
 * A revoked key is refused after so many milliseconds by other processes; by the one that revoked it, at once. They are those of a clock
 * that only goes forward: one that is set back would let it in for as long.
 */
const REMEMBERED_MS = 5000;
const MOST_REMEMBERED = 10_000;

/** Tells callers by their keys, and bounds how often each may ask. */
export class Callers {
  readonly #db: Database;
  readonly #limiter: RateLimiter;
  readonly #perMinute: number;
  readonly #known = new Map<string, { caller: Caller; until: number }>();

  constructor(db: Database, { requestsPerMinute }: { requestsPerMinute: number }) {
    this.#db = db;
    this.#perMinute = requestsPerMinute;
    this.#limiter = new RateLimiter();
  }

  /**
   * @param authorization the header of that name
   * @param roles any of which suffices
   * @throws Problem `unauthorized`, `forbidden`, `rate-limited`
   */
  async admit(
    authorization: string | undefined,
    roles: readonly Role[],
    now = performance.now(),
  ): Promise<Caller> {
    const caller = await this.identify(authorization, now);
    const wait = this.#limiter.take(caller.keyId, caller.perMinute ?? this.#perMinute, now);
    if (wait > 0) {
      throw new Problem("rate-limited", `The key "${caller.name}" has asked too often.`, {
        hint: "Send several rows in one request, or ask for a higher limit.",
        retryAfter: wait,
      });
    }
    if (!roles.some((role) => ALLOWED[caller.role].includes(role))) {
      throw new Problem("forbidden", `A key of role "${caller.role}" may not do this.`, {
        hint: `It takes the role ${roles.map((role) => `"${role}"`).join(" or ")}.`,
      });
    }
    return caller;
  }

  /** Whose key it is; takes nothing of what the key may ask. @throws Problem `unauthorized`, also once it was revoked */
  async identify(authorization: string | undefined, now = performance.now()): Promise<Caller> {
    const key = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (key === undefined) {
      throw new Problem("unauthorized", "The request has no key.", {
        hint: 'Send it as the header "Authorization: Bearer hs_...".',
      });
    }
    const caller = await this.#find(key, now);
    if (caller !== undefined) return caller;
    throw new Problem("unauthorized", "The key is not known, or was revoked.", {
      hint: "Ask an administrator of the service for another one.",
    });
  }

  /** After keys were changed here. */
  forget(): void {
    this.#known.clear();
  }

  async #find(key: string, now: number): Promise<Caller | undefined> {
    const known = this.#known.get(key);
    if (known !== undefined && known.until > now) return known.caller;
    const caller = await findCaller(this.#db, key);
    this.#known.delete(key);
    if (caller === undefined) return undefined;
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
    this.#known.set(key, { caller, until: now + REMEMBERED_MS });
    return caller;
  }
}

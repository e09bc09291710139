import { Problem } from "../problem.js";

/** Classes of SQLSTATE that speak of the database and not of a statement: its connections, its resources, its operators, its disks. */
const AWAY = /^(08|53|57|58)|^25006$/;
const DISK_FULL = "53100";

/** What callers are told of a database that cannot do its work now; undefined where an error speaks of a statement. */
export function databaseTrouble(cause: unknown): Problem | undefined {
  const code = String((cause as { code?: unknown } | null)?.code ?? "");
  if (code === DISK_FULL) {
    return new Problem("insufficient-storage", "The database has no space left on its disk.", {
      ...{ cause, retryAfter: 30 },
      hint: "Nothing of the request was stored. Tell whoever runs the service, and send it again once there is space.",
    });
  }
  return AWAY.test(code) ? unanswered(cause) : undefined;
}

/** Of a database that did not answer: what it was asked for may have been done. */
export const unanswered = (cause: unknown): Problem =>
  new Problem("unavailable", "The database does not answer.", {
    ...{ cause, retryAfter: 2 },
    hint: "Send the same request again a little later; with an Idempotency-Key it is done once.",
  });

import { timingSafeEqual } from "node:crypto";
import { Problem } from "../problem.js";
import { signatureOf } from "./send.js";

export interface WebhookMessage {
  /** The body as it came, before anything parses it. */
  readonly body: string | Uint8Array;
  /** Names in lower case, as Node has them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Of the webhook, with its `whsec_`. */
  readonly secret: string;
  /** What is older or newer was recorded by somebody and sent again. Default 300. */
  readonly toleranceSeconds?: number;
  /** Milliseconds since 1970; default: now. */
  readonly now?: number;
}

/**
 * For receivers: checks that a webhook comes from whoever has its secret, unchanged, and was sent a moment ago. A copy that is sent
 * again within the tolerance has the same id: receivers that must not act twice keep the ids that they have seen for so long.
 *
 * @example
 * const { id, event } = verifyWebhook({ body, headers: request.headers, secret });
 * if (!seen.has(id)) act(event);
 *
 * @returns the id of the delivery, and what the body holds
 * @throws Problem `unauthorized`
 */
export function verifyWebhook({
  body,
  headers,
  secret,
  toleranceSeconds = 300,
  now = Date.now(),
}: WebhookMessage): { id: string; event: { type: string; timestamp: string; data: object } } {
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) =>
    textOf(headers, `webhook-${name}`),
  ) as [string, string, string];
  const seconds = /^\d{1,15}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  if (!(Math.abs(now / 1000 - seconds) <= toleranceSeconds)) {
    throw refused(`Its time differs from this machine's by more than ${toleranceSeconds} s`);
  }
  const payload = typeof body === "string" ? body : new TextDecoder().decode(body);
  const expected = Buffer.from(signatureOf({ secret, key: id, payload }, seconds));
  const isSigned = signatures.split(" ").some((one) => {
    const given = Buffer.from(one);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!isSigned) throw refused("Its signature is not that of the secret");
  return { id, event: JSON.parse(payload) };
}

function textOf(headers: WebhookMessage["headers"], name: string): string {
  const value = headers[name];
  if (typeof value === "string") return value;
  throw refused(`It has no header ${name}, or several`);
}

const refused = (why: string): Problem =>
  new Problem("unauthorized", `The webhook is not what the service sent: ${why}.`, {
    hint: "Do not act on it.",
  });

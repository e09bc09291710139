import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { begin, type Claim, fingerprintOf, giveUp, settle } from "../idempotency/index.js";
import type { Database } from "../store/index.js";
import type { Env, Services } from "./services.js";

/** A string of structured fields, in quotation marks, or what many clients send: the same without them. */
const FORM = /^(?:"(?:[ !#-[\]-~]|\\["\\]){1,255}"|[!#-~]{1,255})$/;

export const idempotencyHeaders = z.object({
  "idempotency-key": z
    .string()
    .regex(FORM, "has to be 1 to 255 printable ASCII characters, in quotation marks or without blanks")
    .optional()
    .describe(
      "A name of your own for this request, such as a random UUID: sent again by it, the request gets the first answer and is not " +
        "done again. 422 for another request by the same name, 409 while the first is being worked on.",
    ),
});

const JSON_TYPE = { "Content-Type": "application/json" } as const;

/** Keeps an answer with what was done, in its transaction. */
export type Keep = (trx: Database, answer: object) => Promise<void>;

/**
 * Does what a request asks for once, where it has an Idempotency-Key, and otherwise each time.
 * @param work is given what keeps the answer, which it has to call in its transaction; undefined without a key
 */
export async function idempotent<Status extends 200 | 202>(
  c: Context<Env>,
  { store: { db }, settings }: Services,
  { body, status }: { body: Uint8Array; status: Status },
  work: (keep: Keep | undefined) => Promise<object>,
): Promise<Response> {
  const given = c.req.header("idempotency-key");
  if (given === undefined) return c.json(await work(undefined), status);
  const key = given.startsWith('"') ? given.slice(1, -1).replaceAll(/\\(.)/g, "$1") : given;
  const { pathname, search } = new URL(c.req.url);
  const fingerprint = fingerprintOf(
    [c.req.method, pathname, search, c.req.header("content-type") ?? ""],
    body,
  );
  const begun = await begin(db, { keyId: c.get("caller").keyId, key, fingerprint }, settings);
  if ("answer" in begun) {
    c.header("Idempotency-Replayed", "true");
    return c.body(begun.answer, begun.status as Status, JSON_TYPE);
  }
  try {
    const claim: Claim = begun;
    let kept: string | undefined;
    const answer = await work((trx, found) => {
      kept = JSON.stringify(found);
      return settle(trx, claim, { status, answer: kept });
    });
    return c.body(kept ?? JSON.stringify(answer), status, JSON_TYPE);
  } catch (error) {
    // Where even this fails, the claim ends by itself.
    await giveUp(db, begun).catch(() => {});
    throw error;
  }
}

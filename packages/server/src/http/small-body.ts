import type { Context } from "hono";
import { parseJson } from "./parse-json.js";
import { readBody } from "./read-body.js";
import type { Env } from "./services.js";

/** Bodies of routes that take a little JSON. */
const MOST = 64 * 1024;
/** Routes that read large bodies by themselves, with bounds of their own. */
const LARGE_BODY = /^\/(anomalydetector\/.*|v1\/(jobs\/train|models(\/[^/]+\/(score|explain))?))$/;
const JSON_TYPE = /^application\/([\w.-]+\+)?json\b/i;

/**
 * Reads the body of a route that takes a little JSON, whether or not it says how large it is, and leaves it for the router, whose own reading
 * has no bound and keeps the last of two values with one key.
 * @throws Problem as `readBody` and `parseJson` do
 */
export async function takeSmallBody(c: Context<Env>): Promise<void> {
  const { req: request } = c;
  if (request.method === "GET" || request.method === "HEAD" || LARGE_BODY.test(request.path)) return;
  const body = await readBody(c, { bytes: MOST, unpacked: MOST, hint: "Send a shorter one." });
  if (body.length > 0 && JSON_TYPE.test(request.header("content-type") ?? "")) parseJson(body);
  // The router keeps promises here, whatever the type says.
  request.bodyCache.arrayBuffer = Promise.resolve(new Uint8Array(body).buffer) as never;
}

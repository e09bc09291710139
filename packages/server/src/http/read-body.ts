import { createGunzip } from "node:zlib";
import type { Context } from "hono";
import { Problem } from "../problem.js";
import type { Place } from "./gate.js";
import type { Env } from "./services.js";

export interface BodyBounds {
  /** As it is sent. */
  readonly bytes: number;
  /** Unpacked, where the request says that it is compressed. */
  readonly unpacked: number;
  /** What to do about one that is larger. */
  readonly hint?: string;
}

/** A body up to this size is counted before it has come: all requests at once hold no more than is bearable. */
const SMALL = 2 ** 18;

/**
 * A body of bounded size, which counts among those that are held until the request is answered.
 * @throws Problem `too-large`, `invalid-request`, `unsupported-media-type`; `busy` where too many are held
 */
export async function readBody(c: Context<Env>, bounds: BodyBounds): Promise<Uint8Array> {
  const encoding = bodyEncoding(c);
  const held = c.get("held");
  const body = await sent(c, bounds, held);
  return encoding === "identity" ? body : unzipped(body, bounds, held);
}

/** @throws Problem `unsupported-media-type` */
export function bodyEncoding(c: Context<Env>): "identity" | "gzip" {
  const encoding = (c.req.header("content-encoding") ?? "identity").toLowerCase();
  if (encoding === "identity" || encoding === "gzip") return encoding;
  throw new Problem("unsupported-media-type", "The body is compressed in a way that is not understood.", {
    hint: "Use gzip, or none.",
  });
}

async function sent({ req: request }: Context<Env>, bounds: BodyBounds, held: Place): Promise<Uint8Array> {
  const length = request.header("content-length");
  // Node refuses a body that is longer than its header says.
  if (length !== undefined && Number(length) > bounds.bytes) throw tooLarge(bounds);
  if (length !== undefined && Number(length) <= SMALL) {
    held.grow(Number(length));
    return new Uint8Array(await request.arrayBuffer());
  }
  return collected((request.raw.body ?? []) as AsyncIterable<Uint8Array>, held, bounds, "bytes");
}

/** Piece by piece: a bomb is stopped where it grows too large. */
async function unzipped(body: Uint8Array, bounds: BodyBounds, held: Place): Promise<Uint8Array> {
  const gunzip = createGunzip();
  gunzip.end(body);
  try {
    return await collected(gunzip, held, bounds, "unpacked");
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem("invalid-request", "The body is not gzip, as its header says.", { cause });
  }
}

async function collected(
  pieces: AsyncIterable<Uint8Array>,
  held: Place,
  bounds: BodyBounds,
  how: "bytes" | "unpacked",
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > bounds[how]) throw tooLarge(bounds, how);
    held.grow(piece.length);
    parts.push(piece);
  }
  return Buffer.concat(parts);
}

function tooLarge(bounds: BodyBounds, how: "bytes" | "unpacked" = "bytes"): Problem {
  const bytes = how === "bytes" ? "bytes" : "unpacked bytes";
  return new Problem("too-large", `The body is larger than ${bounds[how]} ${bytes}.`, {
    hint: bounds.hint ?? "Send the rows in several requests.",
  });
}

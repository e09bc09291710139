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
}

/** A body up to this size is counted before it has come: all requests at once hold no more than is bearable. */
const SMALL = 2 ** 18;

/**
 * A body of bounded size, which counts among those that are held until the request is answered.
 * @throws Problem `too-large`, `invalid-request`, `unsupported-media-type`; `busy` where too many are held
 */
export async function readBody(c: Context<Env>, { bytes, unpacked }: BodyBounds): Promise<Uint8Array> {
  const encoding = bodyEncoding(c);
  const held = c.get("held");
  const body = await sent(c, bytes, held);
  return encoding === "identity" ? body : unzipped(body, unpacked, held);
}

/** @throws Problem `unsupported-media-type` */
export function bodyEncoding(c: Context<Env>): "identity" | "gzip" {
  const encoding = (c.req.header("content-encoding") ?? "identity").toLowerCase();
  if (encoding === "identity" || encoding === "gzip") return encoding;
  throw new Problem("unsupported-media-type", "The body is compressed in a way that is not understood.", {
    hint: "Use gzip, or none.",
  });
}

async function sent({ req: request }: Context<Env>, most: number, held: Place): Promise<Uint8Array> {
  const length = request.header("content-length");
  // Node refuses a body that is longer than its header says.
  if (length !== undefined && Number(length) > most) throw tooLarge(most);
  if (length !== undefined && Number(length) <= SMALL) {
    held.grow(Number(length));
    return new Uint8Array(await request.arrayBuffer());
  }
  return collected((request.raw.body ?? []) as AsyncIterable<Uint8Array>, held, most);
}

/** Piece by piece: a bomb is stopped where it grows too large. */
async function unzipped(body: Uint8Array, most: number, held: Place): Promise<Uint8Array> {
  const gunzip = createGunzip();
  gunzip.end(body);
  try {
    return await collected(gunzip, held, most, "unpacked ");
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem("invalid-request", "The body is not gzip, as its header says.", { cause });
  }
}

async function collected(
  pieces: AsyncIterable<Uint8Array>,
  held: Place,
  most: number,
  how = "",
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > most) throw tooLarge(most, how);
    held.grow(piece.length);
    parts.push(piece);
  }
  return Buffer.concat(parts);
}

const tooLarge = (most: number, how = ""): Problem =>
  new Problem("too-large", `The body is larger than ${most} ${how}bytes.`, {
    hint: "Send the rows in several requests.",
  });

import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { HonoRequest } from "hono";
import { Problem } from "../problem.js";

const unzip = promisify(gunzip);

export interface BodyBounds {
  /** As it is sent. */
  readonly bytes: number;
  /** Unpacked, where the request says that it is compressed. */
  readonly unpacked: number;
}

/** A body of bounded size. @throws Problem `too-large`, `invalid-request`, `unsupported-media-type` */
export async function readBody(request: HonoRequest, { bytes, unpacked }: BodyBounds): Promise<Uint8Array> {
  const encoding = (request.header("content-encoding") ?? "identity").toLowerCase();
  if (encoding !== "identity" && encoding !== "gzip") {
    throw new Problem("unsupported-media-type", "The body is compressed in a way that is not understood.", {
      hint: "Use gzip, or none.",
    });
  }
  const body = await bounded(request, bytes);
  if (encoding === "identity") return body;
  try {
    return await unzip(body, { maxOutputLength: unpacked });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw tooLarge(unpacked, "unpacked ");
    throw new Problem("invalid-request", "The body is not gzip, as its header says.", { cause });
  }
}

async function bounded(request: HonoRequest, most: number): Promise<Uint8Array> {
  const length = request.header("content-length");
  if (length !== undefined) {
    // Node refuses a body that is longer than its header says.
    if (Number(length) > most) throw tooLarge(most);
    return new Uint8Array(await request.arrayBuffer());
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of (request.raw.body ?? []) as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > most) throw tooLarge(most);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

const tooLarge = (most: number, how = ""): Problem =>
  new Problem("too-large", `The body is larger than ${most} ${how}bytes.`, {
    hint: "Send the rows in several requests.",
  });

import { createReadStream } from "node:fs";
import { open as openFile, stat } from "node:fs/promises";
import { HypersphereError } from "../errors.js";
import type { ByteSource } from "../formats/byte-source.js";
import { allocate } from "../formats/limits.js";
import { readError } from "./fs-errors.js";

const chunkBytes = 1 << 20;
const mostAtOnce = 1 << 30;

/**
 * @param source a path, "-" for standard input, or a stream of bytes
 * @throws HypersphereError `io` for a file that is not there, may not be read, or is a folder
 */
export async function byteSource(source: string | NodeJS.ReadableStream): Promise<ByteSource> {
  if (source === "-") return streamSource(process.stdin, "<stdin>");
  if (typeof source !== "string") return streamSource(source, "<stream>");
  try {
    const stats = await stat(source);
    if (stats.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
    if (!stats.isFile()) return streamSource(() => createReadStream(source), source);
    return fileSource(source, stats.size);
  } catch (error) {
    throw await readError(error, source);
  }
}

/**
 * A file of a folder. What else has a name there is refused: a pipe that nobody writes to would be waited for without end.
 * @throws HypersphereError `io`, as `byteSource`
 */
export async function fileOfFolder(path: string): Promise<ByteSource> {
  let isFile: boolean;
  try {
    const stats = await stat(path);
    isFile = stats.isFile() || stats.isDirectory();
  } catch (error) {
    throw await readError(error, path);
  }
  if (isFile) return byteSource(path);
  throw new HypersphereError("io", `Cannot read ${path}: it is a pipe, a socket or a device, and no file.`, {
    hint: "Take it out of the folder. A pipe can be read where it is named itself.",
  });
}

/** A file that need not be there before it is read. */
export const unopenedSource = (path: string): ByteSource => streamSource(() => createReadStream(path), path);

function fileSource(path: string, size: number): ByteSource {
  return {
    name: path,
    totalBytes: size,
    open: () => translated(createReadStream(path, { highWaterMark: chunkBytes }), path),
    async slice(from, to) {
      try {
        return await readPart(path, from, Math.max(from, to));
      } catch (error) {
        throw await readError(error, path);
      }
    },
  };
}

async function readPart(path: string, from: number, to: number): Promise<Uint8Array> {
  const handle = await openFile(path, "r");
  try {
    const buffer = allocate(to - from, path);
    for (let filled = 0; filled < buffer.length; ) {
      // No system reads 2 GiB at once.
      const wanted = Math.min(buffer.length - filled, mostAtOnce);
      const { bytesRead } = await handle.read(buffer, filled, wanted, from + filled);
      if (bytesRead === 0) throw new Error("the file became shorter while it was read");
      filled += bytesRead;
    }
    return buffer;
  } finally {
    await handle.close();
  }
}

type Stream = AsyncIterable<Uint8Array | string>;

function streamSource(
  stream: NodeJS.ReadableStream | (() => NodeJS.ReadableStream),
  name: string,
): ByteSource {
  const open = () => translated((typeof stream === "function" ? stream() : stream) as Stream, name);
  return { name, totalBytes: undefined, open, slice: undefined };
}

/** @throws HypersphereError `io` for what the stream fails with */
async function* translated(stream: Stream, name: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  } catch (error) {
    throw await readError(error, name);
  }
}

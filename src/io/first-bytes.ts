import { type FileHandle, open, stat } from "node:fs/promises";

/** The first bytes of a file or of standard input ("-"), which stay to be read; empty where there are none to be had. */
export async function firstBytes(path: string, count: number): Promise<Uint8Array> {
  return path === "-" ? firstBytesOfInput() : firstBytesOfFile(path, count);
}

async function firstBytesOfFile(path: string, count: number): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    // Bytes taken out of a pipe are lost to whoever reads it next; closed once, it has no writer any more.
    if (!(await stat(path)).isFile()) return new Uint8Array();
    file = await open(path);
    const { buffer, bytesRead } = await file.read(new Uint8Array(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return new Uint8Array();
  } finally {
    await file?.close();
  }
}

async function firstBytesOfInput(): Promise<Uint8Array> {
  const input = process.stdin;
  const chunk = await new Promise<Buffer | null>((resolve) => {
    const take = (): void => {
      input.off("readable", take).off("end", take).off("error", take);
      resolve(input.read() as Buffer | null);
    };
    input.on("readable", take).on("end", take).on("error", take);
  });
  if (chunk !== null) input.unshift(chunk);
  return chunk ?? new Uint8Array();
}

import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { readError } from "../../io/index.js";

/**
 * SHA-256 of a file, or of the names and contents of all files in a folder.
 * @throws HypersphereError `io` where it is not there: a slip of the pen should not wait for its turn
 */
export async function dataDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    if ((await stat(path)).isDirectory()) {
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name));
      for (const file of files.sort()) {
        hash.update(`${file.slice(path.length)}\n`);
        await addContents(hash, file);
      }
    } else await addContents(hash, path);
  } catch (error) {
    throw await readError(error, path);
  }
  return hash.digest("hex");
}

async function addContents(hash: Hash, file: string): Promise<void> {
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
}

import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { HypersphereError, throwIfAborted } from "../errors.js";
import type { Folder, Place } from "../formats/folder.js";
import { byteSource, fileOfFolder } from "./byte-source.js";
import { readError } from "./fs-errors.js";

/** What is at a path, "-" being standard input. @throws HypersphereError `io` for what is not there */
export async function placeAt(path: string): Promise<Place> {
  return path !== "-" && (await isFolderAt(path)) ? nodeFolder(path) : byteSource(path);
}

/** A folder on a disk. Links are followed. */
export function nodeFolder(path: string): Folder {
  const here = resolve(path);
  return {
    name: path,
    base: basename(here),
    get parent() {
      return dirname(here) === here ? undefined : nodeFolder(dirname(here));
    },
    files: (options) => walk(path, options ?? {}),
    async names() {
      const files: string[] = [];
      const folders: string[] = [];
      for (const entry of await entriesOf(path)) {
        if (entry.name.startsWith(".")) continue;
        ((await isFolder(entry, path)) ? folders : files).push(entry.name);
      }
      return { files, folders };
    },
    folder: (name) => nodeFolder(join(path, name)),
    file: (below) => fileOfFolder(join(path, below)),
  };
}

/** Folders that links lead to once more, at most: ten that lead to each other have millions of ways through them. */
const MOST_AGAIN = 1000;

/** @throws HypersphereError `unreadable-data` for folders that links lead to again and again */
async function walk(
  folder: string,
  { except = [], signal }: { except?: readonly string[]; signal?: AbortSignal | undefined },
): Promise<string[]> {
  const files: string[] = [];
  const seen = new Set<string>();
  let again = 0;
  const visit = async (below: string, ancestors: readonly string[]): Promise<void> => {
    throwIfAborted(signal);
    const here = join(folder, below);
    for (const entry of await entriesOf(here)) {
      if (entry.name.startsWith(".")) continue;
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (!(await isFolder(entry, here))) {
        files.push(path);
        continue;
      }
      const real = await realpath(join(here, entry.name));
      // A link to a folder above itself would be walked for ever.
      if (except.includes(entry.name) || ancestors.includes(real)) continue;
      if (seen.has(real) && ++again > MOST_AGAIN) {
        throw new HypersphereError(
          "unreadable-data",
          `${folder}: links lead to the same folders more than ${MOST_AGAIN} times, such as ${path}.`,
          { hint: "Remove links between folders that lead to each other." },
        );
      }
      seen.add(real);
      await visit(path, [...ancestors, real]);
    }
  };
  await entriesOf(folder);
  await visit("", [await realpath(folder)]);
  return files;
}

async function isFolderAt(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw await readError(error, path);
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw await readError(error, folder);
  }
}

/** A link that leads nowhere counts as a file: reading it then says what is wrong. */
async function isFolder(entry: Dirent, folder: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  try {
    return (await stat(join(folder, entry.name))).isDirectory();
  } catch {
    return false;
  }
}

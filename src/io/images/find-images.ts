import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { throwIfAborted } from "../../errors.js";
import { readError } from "../fs-errors.js";
import { imageEndings } from "./decode.js";
import { naturalOrder } from "./natural-order.js";

export interface FoundImages {
  /** Paths below the folder, with "/" between their parts, in natural order. */
  readonly images: readonly string[];
  /** Number of files with other endings, by ending ("" for none). */
  readonly others: ReadonlyMap<string, number>;
}

/**
 * All images in a folder and the folders in it, by their endings. Links are followed; what begins with a dot is left out,
 * as are folders whose names are in `except`.
 * @throws HypersphereError `io`, `aborted`
 */
export async function findImages(
  folder: string,
  { except = [], signal }: { except?: readonly string[]; signal?: AbortSignal | undefined } = {},
): Promise<FoundImages> {
  const images: string[] = [];
  const others = new Map<string, number>();
  const walk = async (below: string, ancestors: readonly string[]): Promise<void> => {
    throwIfAborted(signal);
    const here = join(folder, below);
    for (const entry of await entriesOf(here)) {
      if (entry.name.startsWith(".")) continue;
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (await isFolder(entry, here)) {
        const real = await realpath(join(here, entry.name));
        // A link to a folder above itself would be walked for ever.
        if (!except.includes(entry.name) && !ancestors.includes(real)) await walk(path, [...ancestors, real]);
      } else if (isImageName(entry.name)) images.push(path);
      else others.set(endingOf(entry.name), (others.get(endingOf(entry.name)) ?? 0) + 1);
    }
  };
  await entriesOf(folder);
  await walk("", [await realpath(folder)]);
  return { images: images.sort(naturalOrder), others };
}

/** Names of the folders directly in a folder, in natural order; none where it does not exist. */
export async function foldersIn(folder: string): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  const names: string[] = [];
  for (const entry of entries) {
    if (!entry.name.startsWith(".") && (await isFolder(entry, folder))) names.push(entry.name);
  }
  return names.sort(naturalOrder);
}

export function isImageName(name: string): boolean {
  return imageEndings.includes(endingOf(name));
}

function endingOf(name: string): string {
  return /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
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

import { lstat, mkdir, readdir, realpath, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { HypersphereError } from "../errors.js";
import { errno, writeError } from "./fs-errors.js";
import { isLeftOver, temporaryMark, type Writable, type WriteOptions } from "./write-file.js";

/** A folder of files that appear all together, when they are complete. */
export interface StagedFolder {
  /** Adds a file. @param path below the folder, with / between names; every name is new */
  write(path: string, data: Writable): Promise<void>;
  /** Where a file lies until then, for those that write it piece by piece. */
  place(path: string): Promise<string>;
  /** Gives the files their place. */
  commit(): Promise<void>;
  /** Leaves nothing behind. Does nothing after `commit`. */
  discard(): Promise<void>;
}

/**
 * Collects files in a temporary folder beside the one that is meant, which takes its place at the end. Where there is a folder
 * with files already, that needs `force`: files of the same names are replaced then, and others are left alone.
 * @throws HypersphereError `file-exists`, `io`
 */
export async function openStagedFolder(path: string, options: WriteOptions = {}): Promise<StagedFolder> {
  const { force = false } = options;
  const target = await checkFolder(path, { force });
  const begin = `.${basename(target).slice(0, 40)}.`;
  await removeLeftovers(dirname(target), begin);
  const staging = join(dirname(target), `${begin}${temporaryMark()}`);
  await attempt(path, () => mkdir(staging));
  const made = new Set<string>();
  const place = async (file: string): Promise<string> => {
    const there = join(staging, file);
    const folder = dirname(there);
    if (!made.has(folder)) await attempt(join(path, file), () => mkdir(folder, { recursive: true }));
    made.add(folder);
    return there;
  };
  let open = true;
  const discard = async (): Promise<void> => {
    if (open) await rm(staging, { recursive: true, force: true }).catch(() => {});
    open = false;
  };
  return {
    place,
    write: async (file, data) => {
      const there = await place(file);
      await attempt(join(path, file), () => writeFile(there, data, { flag: "wx" }));
    },
    discard,
    async commit() {
      try {
        await attempt(path, () => moveFolder(staging, target, force));
      } catch (error) {
        await discard();
        throw error;
      }
      open = false;
    },
  };
}

/**
 * Fails before any work where a later write would fail.
 * @returns the folder itself, where the path leads to it by a link
 * @throws HypersphereError `file-exists`, `io`
 */
export async function checkFolder(path: string, { force = false }: WriteOptions = {}): Promise<string> {
  return attempt(path, async () => {
    const stats = await stat(path).catch((error: unknown) => {
      if (errno(error) === "ENOENT") return undefined;
      throw error;
    });
    if (stats === undefined) {
      // Says what is wrong where there is nothing to put it into.
      await readdir(dirname(resolve(path)));
      return resolve(path);
    }
    if (!stats.isDirectory()) {
      throw new HypersphereError("io", `Cannot write ${path}: it is a file, where a folder was expected.`, {
        hint: "Name another folder.",
      });
    }
    if (!force && (await readdir(path)).length > 0) throw notEmpty(path);
    return realpath(path);
  });
}

function notEmpty(path: string): HypersphereError {
  return new HypersphereError("file-exists", `The folder ${path} exists already, and is not empty.`, {
    hint: 'Choose another name, or allow files of the same names to be replaced (option "force: true").',
  });
}

async function moveFolder(from: string, to: string, force: boolean): Promise<void> {
  // An empty folder gives way; one that was filled in the meantime does not.
  await rmdir(to).catch(() => {});
  try {
    await rename(from, to);
    return;
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "EPERM", "EBUSY", "EACCES"].includes(errno(error) ?? "")) throw error;
    if (!(await isFolder(to))) throw error;
    if (!force && (await readdir(to)).length > 0) throw notEmpty(to);
  }
  await moveInto(from, to);
}

async function moveInto(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    await (entry.isDirectory() ? moveInto(source, target) : rename(source, target));
  }
  await rmdir(from);
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );

/** Removes what runs left behind that were killed. */
async function removeLeftovers(folder: string, begin: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(begin)) continue;
    const path = join(folder, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isDirectory() && isLeftOver(name.slice(begin.length), stats))
      await rm(path, { recursive: true, force: true });
  }
}

async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw writeError(error, path);
  }
}

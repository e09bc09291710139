import { createHash } from "node:crypto";
import { readFile, realpath, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HypersphereError } from "../errors.js";
import { errno, readError } from "./fs-errors.js";
import { isLeftOver, temporaryMark, writeFileAtomic } from "./write-file.js";

/** Longer names get a digest, so that the lock's name is none that the system refuses. */
const LONGEST_NAME = 60;
/** How often a lock is touched: one of another machine that is a day old counts as left behind. */
const TOUCH_MS = 3_600_000;

/** Marks of the locks that this process holds: one with its number that is not among them is of an earlier process. */
const held = new Set<string>();

/**
 * Keeps a file for one writer at a time, by a file `.NAME.lock` beside it that says which process on which machine holds it.
 * The lock of a process that has ended is taken over, and so is one of another machine, which cannot be asked, that was not
 * touched for a day. Devices and pipes have no lock.
 * @returns what gives it back
 * @throws HypersphereError `io` where another holds it, or the folder cannot be written to
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const [target, stats] = await Promise.all([
    realpath(path).catch(() => path),
    stat(path).catch(() => undefined),
  ]);
  if (stats !== undefined && !stats.isFile()) return async () => {};
  const lock = join(dirname(target), `.${shortName(basename(target))}.lock`);
  const mark = temporaryMark();
  held.add(mark);
  try {
    await take(path, lock, mark);
  } catch (error) {
    held.delete(mark);
    throw error;
  }
  const touching = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => {});
  }, TOUCH_MS).unref();
  return async () => {
    clearInterval(touching);
    held.delete(mark);
    if ((await holderOf(lock)) === mark) await rm(lock, { force: true });
  };
}

async function take(path: string, lock: string, mark: string): Promise<void> {
  for (let tries = 0; !(await made(lock, mark)); tries++) {
    const other = await holderOf(lock);
    if (other === undefined) continue;
    if (tries >= 3 || !(await isAbandoned(lock, other, mark))) throw inUse(path, lock, other);
    await remove(lock, other, mark);
  }
}

const shortName = (name: string): string =>
  name.length <= LONGEST_NAME
    ? name
    : `${name.slice(0, 40)}-${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;

/** Makes the lock, with its contents at once. @returns false where there is one */
async function made(lock: string, mark: string): Promise<boolean> {
  try {
    await writeFileAtomic(lock, mark);
    return true;
  } catch (error) {
    if (error instanceof HypersphereError && error.code === "file-exists") return false;
    throw error;
  }
}

/** @returns undefined where there is no lock */
async function holderOf(lock: string): Promise<string | undefined> {
  try {
    return await readFile(lock, "utf8");
  } catch (error) {
    if (errno(error) === "ENOENT") return undefined;
    throw await readError(error, lock);
  }
}

async function isAbandoned(lock: string, other: string, mark: string): Promise<boolean> {
  const stats = await stat(lock).catch(() => undefined);
  if (stats === undefined) return true;
  // In a container that was started again, this process may have the number of the one that was killed.
  const own = other.slice(0, other.lastIndexOf("-")) === mark.slice(0, mark.lastIndexOf("-"));
  return own ? !held.has(other) : isLeftOver(other, stats);
}

/** Removes the lock that was looked at, and not one that was made since. */
async function remove(lock: string, other: string, mark: string): Promise<void> {
  const aside = `${lock}.${mark}`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  if ((await holderOf(aside)) === other) await rm(aside, { force: true });
  else await rename(aside, lock);
}

function inUse(path: string, lock: string, other: string): HypersphereError {
  const process = /^[0-9a-f]{8}-(\d+)-/.exec(other)?.[1];
  const by = process === undefined ? "" : `, process ${process}`;
  return new HypersphereError("io", `${path} is in use by another run${by}.`, {
    hint: `Wait until that one has ended, or name another file. If it runs no longer, delete ${lock}.`,
  });
}

import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import {
  access,
  chmod,
  type FileHandle,
  link,
  lstat,
  open,
  readdir,
  realpath,
  rename,
  stat,
  unlink,
} from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { HypersphereError, throwIfAborted } from "../errors.js";
import { errno, writeError } from "./fs-errors.js";

export interface WriteOptions {
  /** Replace an existing file; default false. */
  force?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export type Writable = Uint8Array | string;

/** A file that appears under its name only when it is complete. */
export interface AtomicFile {
  write(data: Writable): Promise<void>;
  /** Makes the file durable and gives it its name. */
  commit(): Promise<void>;
  /** Leaves nothing behind. Does nothing after `commit`. */
  discard(): Promise<void>;
}

/**
 * Writes a file completely or not at all: into a temporary file in the same folder, which is flushed to disk and then
 * renamed. A link is followed and what it points to is replaced. Devices and pipes are written directly.
 * @throws HypersphereError `file-exists` without `force`, `io` when the disk is full, the folder is not there and the like,
 * `aborted`; the temporary file is removed in every case
 */
export async function writeFileAtomic(
  path: string,
  data: Writable | AsyncIterable<Writable> | Iterable<Writable>,
  options: WriteOptions = {},
): Promise<void> {
  const file = await openAtomicFile(path, options);
  try {
    const parts = typeof data === "string" || data instanceof Uint8Array ? [data] : data;
    for await (const part of parts) {
      throwIfAborted(options.signal);
      await file.write(part);
    }
    throwIfAborted(options.signal);
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** The streaming form of `writeFileAtomic`: the caller must end with `commit` or `discard`. */
export async function openAtomicFile(path: string, options: WriteOptions = {}): Promise<AtomicFile> {
  const { force = false } = options;
  const existing = await existingFile(path);
  if (existing === "special") return openDirect(path);
  if (existing !== undefined && !force) throw fileExists(path);
  const target = existing?.path ?? path;
  const temporary = join(dirname(target), `${temporaryBegin(target)}${temporaryMark()}`);
  await removeLeftovers(target);
  const handle = await attempt(path, async () => {
    // Renaming would get around a file's write protection, which its owner did not mean.
    if (existing) await access(target, constants.W_OK);
    return open(temporary, "wx", existing?.mode ?? 0o666);
  });
  let open_ = true;
  const discard = async (): Promise<void> => {
    if (!open_) return;
    open_ = false;
    await handle.close().catch(() => {});
    await unlink(temporary).catch(() => {});
  };
  return {
    write: (data) => attempt(path, () => writeAll(handle, data)),
    discard,
    async commit() {
      try {
        await attempt(path, async () => {
          await handle.sync();
          if (existing) await chmod(temporary, existing.mode);
          await handle.close();
          if (force) await rename(temporary, target);
          else await renameToNew(temporary, target);
        });
      } catch (error) {
        await discard();
        throw errno((error as Error).cause) === "EEXIST" ? fileExists(path) : error;
      }
      open_ = false;
      await syncFolder(dirname(target));
    },
  };
}

/**
 * Removes what writers of this file left behind that were killed. A name says which process on which machine writes it:
 * files of processes that run are left alone, and of other machines, which may share the folder, those of the last day.
 */
async function removeLeftovers(target: string): Promise<void> {
  const [folder, begin] = [dirname(target), temporaryBegin(target)];
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(begin)) continue;
    const path = join(folder, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isFile() && isLeftOver(name.slice(begin.length), stats)) await unlink(path).catch(() => {});
  }
}

/** Of its name so much is taken that the whole fits into 255 bytes, of any script. */
const temporaryBegin = (target: string): string => `.${basename(target).slice(0, 60)}.`;

/** End of the name of something temporary: says which process on which machine writes it. */
export const temporaryMark = (): string => `${HOST}-${process.pid}-${randomBytes(6).toString("hex")}.tmp`;

/** Whether something temporary was left behind by a writer that was killed. @param mark the end of its name */
export function isLeftOver(mark: string, stats: { readonly mtimeMs: number }): boolean {
  const [whole, host, writer] = /^(?:([0-9a-f]{8})-(\d+)-)?[0-9a-f]{12}\.tmp$/.exec(mark) ?? [];
  if (whole === undefined || (host === HOST && isRunning(Number(writer)))) return false;
  return host === HOST || Date.now() - stats.mtimeMs > DAY_MS;
}

const DAY_MS = 86_400_000;

/** Tells this machine from others in the names of temporary files. */
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

function isRunning(writer: number): boolean {
  try {
    process.kill(writer, 0);
    return true;
  } catch (error) {
    return errno(error) === "EPERM";
  }
}

/** Fails early, before hours of work, where a later write would fail. @throws HypersphereError as `writeFileAtomic` does */
export async function checkWritable(path: string, options: WriteOptions = {}): Promise<void> {
  const existing = await existingFile(path);
  if (existing === "special") return;
  if (existing !== undefined && !options.force) throw fileExists(path);
  await attempt(path, async () => {
    if (existing) await access(existing.path, constants.W_OK);
    await access(dirname(existing?.path ?? path), constants.W_OK);
  });
}

async function existingFile(path: string): Promise<{ path: string; mode: number } | "special" | undefined> {
  return attempt(path, async () => {
    try {
      const stats = await stat(path);
      if (stats.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
      if (!stats.isFile()) return "special";
      return { path: await realpath(path), mode: stats.mode & 0o777 };
    } catch (error) {
      if (errno(error) === "ENOENT") return undefined;
      throw error;
    }
  });
}

/** Takes the name only if it is still free, which a rename does not promise. */
async function renameToNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (errno(error) === "EEXIST") throw error;
    // Some file systems have no links; what is left is to look and to rename.
    const taken = await stat(to).then(
      () => true,
      () => false,
    );
    if (taken) throw Object.assign(new Error("exists"), { code: "EEXIST" });
    await rename(from, to);
    return;
  }
  await unlink(from);
}

async function openDirect(path: string): Promise<AtomicFile> {
  const handle = await attempt(path, () => open(path, "w"));
  let open_ = true;
  const close = async () => {
    if (open_) await handle.close();
    open_ = false;
  };
  return {
    write: (data) => attempt(path, () => writeAll(handle, data)),
    commit: () => attempt(path, close),
    discard: () => close().catch(() => {}),
  };
}

async function writeAll(handle: FileHandle, data: Writable): Promise<void> {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  for (let offset = 0; offset < bytes.length; ) {
    offset += (await handle.write(bytes, offset, bytes.length - offset)).bytesWritten;
  }
}

/** Makes the rename itself survive a power cut. Not all systems can; the data is safe either way. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows refuses to open folders.
  }
}

async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw writeError(error, path);
  }
}

function fileExists(path: string): HypersphereError {
  return new HypersphereError("file-exists", `${path} exists already.`, {
    hint: 'Choose another name, or allow it to be replaced (option "force: true").',
  });
}

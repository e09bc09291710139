import { readFile } from "node:fs/promises";
import { HypersphereError } from "../../errors.js";
import { errno, readError } from "../../io/fs-errors.js";
import { lockFile } from "../../io/lock-file.js";
import { checkWritable } from "../../io/write-file.js";
import { parseJson } from "../../text/parse-json.js";

/**
 * What the file of `--state` holds, or undefined where there is no such file yet.
 * @param format what such a file says of itself under that key
 * @param what whose state it is, for the message
 * @throws HypersphereError `io`, `unreadable-data`
 */
export async function readStateFile<State extends { readonly format: string }>(
  path: string,
  format: State["format"],
  what: string,
): Promise<Partial<State> | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (errno(error) === "ENOENT") return undefined;
    throw await readError(error, path);
  }
  let state: Partial<State> | null;
  try {
    state = parseJson(text) as Partial<State> | null;
  } catch {
    state = null;
  }
  if (state?.format === format) return state;
  throw new HypersphereError(
    "unreadable-data",
    `${path} exists and is not the state of a ${what}; it was left as it is.`,
    { hint: "Name a new file for --state." },
  );
}

/**
 * Does what reads the file of `--state`, goes on from it and writes it anew, with nobody else doing so meanwhile: of two, the later one would
 * undo what the other kept.
 * @param path undefined without `--state`
 * @throws HypersphereError `io` where another run has the file, or it cannot be written
 */
export async function withStateFile<T>(path: string | undefined, work: () => Promise<T>): Promise<T> {
  if (path === undefined) return work();
  await checkWritable(path, { force: true });
  const unlock = await lockFile(path);
  try {
    return await work();
  } finally {
    await unlock();
  }
}

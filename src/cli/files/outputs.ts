import type { BigIntStats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { extname, resolve, sep } from "node:path";
import { HypersphereError } from "../../errors.js";

/** Paths by the flag or argument that names them; undefined and "-" are no files. */
export type NamedPaths = Readonly<Record<string, string | undefined>>;

/** What commands write: other files in a folder of images were there before. */
const OWN = [".onnx", ".csv", ".jsonl", ".ndjson", ".json", ".html", ".ckpt", ""];

/**
 * Refuses before any work to write over what is read, however it is spelled: through links of both kinds, or as one of
 * the files of a folder. Also two outputs in one file, and no name at all.
 * @throws HypersphereError `invalid-option`
 */
export async function checkOutputs(outputs: NamedPaths, inputs: NamedPaths): Promise<void> {
  const written = given(outputs);
  for (const [flag, path] of written) {
    if (path.trim() === "") throw refused(`${flag} is "${path}", expected the name of a file.`, "Name one.");
  }
  const read = await Promise.all(
    given(inputs).map(async ([name, path]) => ({ name, path, stats: await statOf(path) })),
  );
  const seen: { flag: string; path: string; stats: BigIntStats | undefined }[] = [];
  for (const [flag, path] of written) {
    const stats = await statOf(path);
    for (const other of seen) {
      if (resolve(other.path) !== resolve(path) && !isSame(other.stats, stats)) continue;
      throw refused(`${flag} and ${other.flag} name the same file, ${path}.`, "Give each a file of its own.");
    }
    seen.push({ flag, path, stats });
    for (const input of read) {
      const same = isSame(input.stats, stats);
      if (!same && !(stats?.isFile() && input.stats?.isDirectory() && (await isDataIn(input.path, path))))
        continue;
      const what = same ? `the same file as ${input.name}` : `one of the files of ${input.name}`;
      throw refused(
        `${flag} is ${path}, ${what}${input.path === path ? "" : ` (${input.path})`}: it would be lost.`,
        "Choose another name; --force does not change this.",
      );
    }
  }
}

/** What commands write, by what a file of it is called: the first is what messages suggest. */
const ENDINGS = {
  rows: {
    what: "rows are written as CSV, or as lines of JSON",
    endings: [".csv", ".jsonl", ".ndjson", ".tsv", ".txt"],
  },
  reasons: {
    what: "reasons are written as CSV or lines of JSON, and where an image is abnormal as PNG",
    endings: [".csv", ".png", ".jsonl", ".ndjson", ".tsv", ".txt"],
  },
  page: { what: "a page is written as HTML", endings: [".html", ".htm"] },
  model: { what: "a model is written as ONNX", endings: [".onnx"] },
  options: { what: "options are written as JSON", endings: [".json"] },
} as const;

/** Endings by which a reader knows other formats, beside those that commands write. */
const OTHERS = [
  ".parquet",
  ".xlsx",
  ".xls",
  ".npz",
  ".npy",
  ".json",
  ".png",
  ".jpg",
  ".jpeg",
  ".webp",
  ".pdf",
  ".gz",
  ".zip",
  ".hsz",
];

/**
 * Refuses before any work a name that says of a file what it will not be; endings that nothing is known by are free.
 * @throws HypersphereError `invalid-option`
 */
export function checkEnding(flag: string, path: string | undefined, kind: keyof typeof ENDINGS): void {
  if (path === undefined) return;
  const ending = extname(path).toLowerCase();
  const { what, endings } = ENDINGS[kind];
  const own: readonly string[] = endings;
  const known: readonly string[] = [...OTHERS, ...Object.values(ENDINGS).flatMap((each) => each.endings)];
  if (own.includes(ending) || !known.includes(ending)) return;
  const name = `${path.slice(0, path.length - ending.length)}${own[0]}`;
  throw refused(`${flag} is ${path}, but ${what}.`, `Name it ${name}.`);
}

const given = (paths: NamedPaths): [string, string][] =>
  Object.entries(paths).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "-",
  );

/** Undefined for what is not there. */
async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch {
    return undefined;
  }
}

/** Devices are written to again and again, and lose nothing. */
function isSame(a: BigIntStats | undefined, b: BigIntStats | undefined): boolean {
  return a?.isFile() === true && b?.isFile() === true && a.dev === b.dev && a.ino === b.ino;
}

async function isDataIn(folder: string, path: string): Promise<boolean> {
  const [inside, file] = await Promise.all([realpath(folder), realpath(path)]);
  return file.startsWith(inside + sep) && !OWN.includes(extname(file).toLowerCase());
}

function refused(message: string, hint: string): HypersphereError {
  return new HypersphereError("invalid-option", message, { hint });
}

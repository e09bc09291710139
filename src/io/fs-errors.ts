import { readdir, readlink } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { HypersphereError } from "../errors.js";
import { closestName } from "../text/closest-name.js";

/** A system error's code ("ENOENT"), or undefined for anything else. */
export function errno(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** What a failed write means to the one who asked for it. Errors of this package pass through unchanged. */
export function writeError(error: unknown, path: string): HypersphereError {
  if (error instanceof HypersphereError) return error;
  const folder = dirname(path);
  const [what, hint] = ((): [string, string] => {
    switch (errno(error)) {
      case "ENOSPC":
      case "EDQUOT":
        return ["the disk is full", "Free some space or write elsewhere; nothing was left behind."];
      case "EACCES":
      case "EPERM":
        return ["permission was denied", `Check who may write to ${folder}, or write elsewhere.`];
      case "EROFS":
        return ["the file system is read-only", "Write elsewhere."];
      case "ENOENT":
        return [`the folder ${folder} does not exist`, "Create the folder first, or correct the path."];
      case "ENOTDIR":
        return [`${folder} is not a folder`, "Correct the path."];
      case "EISDIR":
        return ["it is a folder", "Name a file inside it."];
      case "ENAMETOOLONG":
        return ["the name is too long", "Choose a shorter name."];
      case "EMFILE":
      case "ENFILE":
        return ["too many files are open", "Close some, or raise the limit (ulimit -n)."];
      default:
        return [error instanceof Error ? error.message : String(error), "Try again, or write elsewhere."];
    }
  })();
  return new HypersphereError("io", `Cannot write ${path}: ${what}.`, { hint, cause: error });
}

/** What a failed read means. For a file that is not there it looks for a similar name in the same folder. */
export async function readError(error: unknown, path: string): Promise<HypersphereError> {
  if (error instanceof HypersphereError) return error;
  if (path === "") {
    return new HypersphereError("io", 'The name of a file to read is "".', {
      hint: "Name one; a variable of the shell may be empty.",
      cause: error,
    });
  }
  const fail = (what: string, hint: string) =>
    new HypersphereError("io", `Cannot read ${path}: ${what}.`, { hint, cause: error });
  switch (errno(error)) {
    case "ENOENT":
    case "ENOTDIR": {
      const target = await readlink(path).catch(() => undefined);
      return target === undefined
        ? fail("there is no such file", await similarFile(path))
        : fail(`it is a link to ${target}, which is not there`, "Mend the link, or name the file itself.");
    }
    case "ELOOP":
      return fail("it is a link that leads back to itself", "Mend the link, or name the file itself.");
    case "EISDIR":
      return fail("it is a folder", "Name a file inside it.");
    case "EACCES":
    case "EPERM":
      return fail("permission was denied", "Check who may read the file.");
    case "EMFILE":
    case "ENFILE":
      return fail("too many files are open", "Close some, or raise the limit (ulimit -n).");
    default:
      return fail(
        error instanceof Error ? error.message : String(error),
        "Check the file and the disk it is on.",
      );
  }
}

async function similarFile(path: string): Promise<string> {
  const folder = dirname(path);
  let names: string[];
  try {
    names = await readdir(folder);
  } catch {
    return `The folder ${folder} does not exist either; check the path.`;
  }
  const name = basename(path);
  // data.csv for data.csv.gz, or the other way round, is nearer than any spelling.
  const related = names.find((other) => other.startsWith(`${name}.`) || name.startsWith(`${other}.`));
  const closest = related ?? closestName(name, names);
  return closest === undefined
    ? "Check the path."
    : `Did you mean ${folder === "." ? "" : `${folder}/`}${closest}?`;
}

import { HypersphereError, throwIfAborted } from "../errors.js";
import { didYouMean } from "../text/closest-name.js";
import { blobSource } from "./blob-source.js";
import { baseOf, type Folder } from "./folder.js";

/**
 * Files that a person chose together as a folder: by their `webkitRelativePath`, as `<input webkitdirectory>` gives them,
 * otherwise by their names. The folder is the one that all of them are in.
 * @throws HypersphereError `invalid-option` for two files of one path, and for no files
 */
export function blobFolder(files: readonly File[]): Folder {
  const byPath = new Map<string, File>();
  for (const file of files) {
    const path = pathOf(file);
    if (byPath.has(path)) {
      throw new HypersphereError("invalid-option", `Two of the ${files.length} files are named ${path}.`, {
        hint: "Choose the folder that holds both, so that they have paths.",
      });
    }
    byPath.set(path, file);
  }
  if (byPath.size === 0) throw new HypersphereError("invalid-option", "No files were given.");
  const roots = new Set([...byPath.keys()].map((path) => (path.includes("/") ? path.split("/")[0]! : "")));
  const [root = ""] = roots;
  return folderAt(byPath, roots.size === 1 ? root : "", undefined);
}

/** Both are empty or missing outside of a browser's own dialogue. */
const pathOf = (file: File): string => file.webkitRelativePath || file.name;

/** @param path "" for the files that have no folder in common */
function folderAt(byPath: ReadonlyMap<string, File>, path: string, parent: Folder | undefined): Folder {
  const prefix = path === "" ? "" : `${path}/`;
  const name = path === "" ? `<${byPath.size} files>` : path;
  const inside = [...byPath.keys()]
    .filter((candidate) => candidate.startsWith(prefix))
    .map((candidate) => candidate.slice(prefix.length))
    .filter((below) => !below.split("/").some((part) => part.startsWith(".")));
  const folder: Folder = {
    name,
    base: baseOf(name),
    parent,
    async files({ except = [], signal } = {}) {
      throwIfAborted(signal);
      if (inside.length === 0) throw notThere(name, "folder", []);
      return inside.filter(
        (below) =>
          !below
            .split("/")
            .slice(0, -1)
            .some((part) => except.includes(part)),
      );
    },
    async names() {
      return {
        files: inside.filter((below) => !below.includes("/")),
        folders: [
          ...new Set(inside.filter((below) => below.includes("/")).map((below) => below.split("/")[0]!)),
        ],
      };
    },
    folder: (child) => folderAt(byPath, `${prefix}${child}`, folder),
    async file(below) {
      const file = byPath.get(prefix + below);
      if (file === undefined) throw notThere(prefix + below, "file", inside);
      return blobSource(file, prefix + below);
    },
  };
  return folder;
}

function notThere(path: string, what: string, others: readonly string[]): HypersphereError {
  return new HypersphereError("io", `Cannot read ${path}: there is no such ${what} among those given.`, {
    hint: `${didYouMean(baseOf(path), others)}Check the path.`,
  });
}

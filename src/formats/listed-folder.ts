import { HypersphereError, throwIfAborted } from "../errors.js";
import { didYouMean } from "../text/closest-name.js";
import { blobSource } from "./blob-source.js";
import type { ByteSource } from "./byte-source.js";
import { baseOf, type Folder } from "./folder.js";

/** A file of a list, by its path among the others. */
export interface ListedFile {
  /** With "/" between its parts. */
  readonly path: string;
  /** @throws HypersphereError `io` */
  open(): ByteSource | Promise<ByteSource>;
}

/**
 * Files that are named one by one as a folder, which is the one that all of them are in.
 * @throws HypersphereError `invalid-option` for two files of one path, and for no files
 */
export function listedFolder(files: readonly ListedFile[]): Folder {
  const byPath = new Map<string, ListedFile>();
  for (const file of files) {
    if (byPath.has(file.path)) {
      throw new HypersphereError(
        "invalid-option",
        `Two of the ${files.length} files are named ${file.path}.`,
        {
          hint: "Choose the folder that holds both, so that their paths tell them apart.",
        },
      );
    }
    byPath.set(file.path, file);
  }
  if (byPath.size === 0) throw new HypersphereError("invalid-option", "No files were given.");
  const roots = new Set([...byPath.keys()].map((path) => path.slice(0, Math.max(0, path.indexOf("/")))));
  const [root = ""] = roots;
  return folderAt(byPath, roots.size === 1 ? root : "", undefined);
}

/** Files of a browser: by their `webkitRelativePath`, as `<input webkitdirectory>` gives them, otherwise by their names. */
export const fileList = (files: readonly File[]): ListedFile[] =>
  files.map((file) => {
    // Node's files have no such path, and files that were chosen one by one an empty one.
    const path = file.webkitRelativePath || file.name;
    return { path, open: () => blobSource(file, path) };
  });

/** @param path "" for files that have no folder in common */
function folderAt(byPath: ReadonlyMap<string, ListedFile>, path: string, parent: Folder | undefined): Folder {
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
      const left = (below: string): boolean =>
        except.some((part) => below.split("/").slice(0, -1).includes(part));
      return inside.filter((below) => !left(below));
    },
    async names() {
      const folders = inside.filter((below) => below.includes("/")).map((below) => below.split("/")[0]!);
      return { files: inside.filter((below) => !below.includes("/")), folders: [...new Set(folders)] };
    },
    folder: (child) => folderAt(byPath, `${prefix}${child}`, folder),
    async file(below) {
      const file = byPath.get(prefix + below);
      if (file !== undefined) return file.open();
      throw new HypersphereError(
        "io",
        `Cannot read ${prefix}${below}: there is no such file among those given.`,
        {
          hint: `${didYouMean(below, inside)}Check the path.`,
        },
      );
    },
  };
  return folder;
}

import type { ByteSource } from "./byte-source.js";

/** A folder of files, whoever holds it: a disk, or a browser's files that were chosen together. */
export interface Folder {
  /** Its path, for messages. */
  readonly name: string;
  /** The last part of its path. */
  readonly base: string;
  /** The folder that it is in, where that can be seen. */
  readonly parent: Folder | undefined;
  /**
   * Paths of all files in it and in the folders below, with "/" between their parts, in any order. What begins with a dot
   * is left out, as are folders whose names are in `except`.
   * @throws HypersphereError `io`, `aborted`
   */
  files(options?: {
    except?: readonly string[];
    signal?: AbortSignal | undefined;
  }): Promise<readonly string[]>;
  /** Names of what lies directly in it, in any order and without what begins with a dot. @throws HypersphereError `io` */
  names(): Promise<{ readonly files: readonly string[]; readonly folders: readonly string[] }>;
  /** A folder in it, which need not exist until it is read. */
  folder(name: string): Folder;
  /** @param path below the folder, with "/" @throws HypersphereError `io` for a file that is not there */
  file(path: string): Promise<ByteSource>;
}

/** Where data are: in one file or stream, or in a folder. */
export type Place = ByteSource | Folder;

export const isFolder = (place: Place): place is Folder => "files" in place;

/** The file's ending in lower case, "" where it has none. */
export const endingOf = (name: string): string => /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";

/** The last part of a path. */
export const baseOf = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);

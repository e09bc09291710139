import type { Labels } from "../../data/labels.js";
import { HypersphereError } from "../../errors.js";
import { didYouMean, listNames } from "../../text/closest-name.js";
import type { Folder } from "../folder.js";

export type FolderPart = "train" | "test";

export const PARTS: readonly FolderPart[] = ["train", "test"];

/** Folders taken as the normal ones without being told, in lower case. Not 0 or false: those are classes. */
const normalFolders: readonly string[] = ["good", "normal", "ok"];

/**
 * The folder to read: of one that has train/ and test/ (the layout of MVTec AD) the part that is meant, otherwise the
 * folder itself.
 * @throws HypersphereError `invalid-option` when it was not said which, `unfit-data` when that one is not there
 */
export async function chooseFolder(folder: Folder, part: FolderPart | undefined): Promise<Folder> {
  const parts = await partsIn(folder);
  if (parts.length === 0) return folder;
  if (part === undefined && parts.length === 2) {
    throw new HypersphereError(
      "invalid-option",
      `${folder.name} has both train/ and test/: which is meant?`,
      {
        hint: `Name ${folder.folder("train").name} to learn from it, or ${folder.folder("test").name} to measure a model.`,
      },
    );
  }
  const chosen = part ?? parts[0]!;
  if (parts.includes(chosen)) return folder.folder(chosen);
  throw new HypersphereError("unfit-data", `${folder.name} has ${parts[0]}/, but no ${chosen}/.`, {
    hint: "Name the folder with the images itself.",
  });
}

/** The parts for which a folder has a folder each. @throws HypersphereError `io` */
export async function partsIn(folder: Folder): Promise<FolderPart[]> {
  const { folders } = await folder.names();
  return PARTS.filter((part) => folders.includes(part));
}

export interface Kinds {
  /** The folder of each image directly below the one that was read; "" for images outside of all. */
  readonly kinds: readonly string[];
  /** 0 in the normal folder, 1 in others, -1 outside of all; undefined where no folder is the normal one. */
  readonly labels: Labels | undefined;
  /** Name of the normal folder. */
  readonly normalKind: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * What the folders of images say about them.
 * @param names paths below the folder, with "/"
 * @throws HypersphereError `unfit-data` when the folder said to be normal is not there
 */
export function kindsOf(
  folder: string,
  names: readonly string[],
  wanted: string | undefined,
): Kinds | undefined {
  const kinds = names.map((name) => (name.includes("/") ? name.slice(0, name.indexOf("/")) : ""));
  const folders = [...new Set(kinds)].filter((kind) => kind !== "");
  const normalKind = wanted === undefined ? normalFolder(folders) : wantedFolder(folder, folders, wanted);
  if (folders.length === 0) return undefined;
  if (normalKind === undefined) {
    const warnings =
      folders.length === 1
        ? []
        : [
            `${folder}: images lie in ${listNames(folders, 5)}, none of which is named good: all are taken alike.`,
          ];
    return { kinds, labels: undefined, normalKind, warnings };
  }
  const labels = Int8Array.from(kinds, (kind) => (kind === "" ? -1 : Number(kind !== normalKind)));
  const outside = kinds.filter((kind) => kind === "").length;
  return {
    kinds,
    labels,
    normalKind,
    warnings:
      outside === 0
        ? []
        : [
            `${folder}: ${outside} of ${names.length} images lie beside ${normalKind}/ and in no folder: they have no label.`,
          ],
  };
}

/** The folder that is taken as the normal one without being told. */
export function normalFolder(folders: readonly string[]): string | undefined {
  const named = (word: string) => folders.find((name) => name.toLowerCase() === word);
  return normalFolders.map(named).find((name) => name !== undefined);
}

function wantedFolder(folder: string, folders: readonly string[], wanted: string): string {
  if (folders.includes(wanted)) return wanted;
  const has = folders.length === 0 ? "no folders with images" : listNames(folders);
  throw new HypersphereError("unfit-data", `${folder} has no folder "${wanted}" with images, but ${has}.`, {
    hint: `${didYouMean(wanted, folders)}Name the folder of normal images.`,
  });
}

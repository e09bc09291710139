import { endingOf, type Folder } from "../folder.js";
import { isImageName } from "./image-names.js";
import { naturalOrder } from "./natural-order.js";

export interface FoundImages {
  /** Paths below the folder, with "/" between their parts, in natural order. */
  readonly images: readonly string[];
  /** Number of files with other endings, by ending ("" for none). */
  readonly others: ReadonlyMap<string, number>;
}

/**
 * All images in a folder and the folders in it, by their endings.
 * @throws HypersphereError `io`, `aborted`
 */
export async function findImages(
  folder: Folder,
  options: { except?: readonly string[]; signal?: AbortSignal | undefined } = {},
): Promise<FoundImages> {
  const images: string[] = [];
  const others = new Map<string, number>();
  for (const path of await folder.files(options)) {
    if (isImageName(path)) images.push(path);
    else others.set(endingOf(path), (others.get(endingOf(path)) ?? 0) + 1);
  }
  return { images: images.sort(naturalOrder), others };
}

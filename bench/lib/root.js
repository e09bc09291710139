import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Data sets that are not part of the repository: HYPERSPHERE_DATA, or a folder beside it. */
export const dataFolder = process.env.HYPERSPHERE_DATA ?? join(root, "../shared/data");

/** A file of the build. @throws where there is no build yet */
export function built(path) {
  const file = join(root, "dist", path);
  if (!existsSync(file)) throw new Error("There is no build; run `npm run build` first.");
  return file;
}

import { Problem } from "../problem.js";
import type { Database } from "../store/index.js";

/** What people look at of an image, as small WebP. */
export interface Pictures {
  readonly image: Uint8Array;
  /** With the map of where it is abnormal over it; null of models that make none. */
  readonly map: Uint8Array | null;
}

/** Stores pictures with the results that they are of, in their transaction. */
export async function storePictures(
  trx: Database,
  pictures: readonly (Pictures & { readonly resultId: number })[],
): Promise<void> {
  for (const { resultId, image, map } of pictures) {
    await trx.insertInto("result_pictures").values({ result_id: resultId, image, map }).execute();
  }
}

/** @throws Problem `not-found` where there is no such picture of a result that people may see */
export async function findPicture(db: Database, resultId: number, kind: keyof Pictures): Promise<Uint8Array> {
  const found = await db
    .selectFrom("result_pictures")
    .innerJoin("results", "results.id", "result_pictures.result_id")
    .select(`result_pictures.${kind} as picture`)
    .where("result_id", "=", resultId)
    .where("results.shadow", "=", false)
    .executeTakeFirst();
  if (found?.picture) return found.picture;
  throw new Problem("not-found", `There is no ${kind === "map" ? "map" : "picture"} of result ${resultId}.`, {
    hint: "Pictures are kept of images that were flagged, and of all with keep=all; maps where the model makes them.",
  });
}

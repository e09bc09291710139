import type { z } from "zod";
import type { Json } from "../../model/contract.js";

/** Where a search for better options looks: a part of what an option may be. */
export type SearchRange =
  | { readonly low: number; readonly high: number; readonly log?: boolean; readonly whole?: boolean }
  | { readonly values: readonly Json[] };

/** The same option, which searches may change within this range. */
export const searched = <Schema extends z.ZodType>(schema: Schema, search: SearchRange): Schema =>
  schema.meta({ ...schema.meta(), search }) as Schema;

/** The ranges of those options of a detector that have one. */
export function searchRanges(options: z.ZodObject): Record<string, SearchRange> {
  return Object.fromEntries(
    Object.entries(options.shape).flatMap(([name, field]): [string, SearchRange][] => {
      const search = (field as z.ZodType).meta()?.["search"] as SearchRange | undefined;
      return search === undefined ? [] : [[name, search]];
    }),
  );
}

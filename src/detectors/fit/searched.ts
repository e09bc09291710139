import type { z } from "zod";
import type { Dataset } from "../../data/index.js";
import type { SearchRange, SearchSpace } from "../../search/index.js";

type DataKind = Dataset["kind"];

/** Where a search may look, and the kinds of data for which the option does something. */
interface Searched {
  readonly range: SearchRange;
  readonly kinds?: readonly DataKind[] | undefined;
}

/**
 * The same option, which searches may change within this range: a part of what it may be.
 * @param kinds of data for which it does something; by default all
 */
export const searched = <Schema extends z.ZodType>(
  schema: Schema,
  range: SearchRange,
  kinds?: readonly DataKind[],
): Schema => schema.meta({ ...schema.meta(), search: { range, kinds } satisfies Searched }) as Schema;

/**
 * Names of the options that what a fit costs grows with. One that another option replaces, as epochs replace steps, is among
 * them.
 */
export const budgetOptions = (options: z.ZodObject): readonly string[] =>
  Object.entries(options.shape).flatMap(([name, field]) => {
    const range = ((field as z.ZodType).meta()?.["search"] as Searched | undefined)?.range;
    return range?.kind === "number" && range.budget === true ? [name] : [];
  });

/**
 * Where a search for better options of a detector looks: the ranges of those options that have one and do something for data
 * of this kind. A condition on an option that is not among them is dropped.
 *
 * @param settled names of options that stay as they are
 */
export function searchSpace(
  options: z.ZodObject,
  kind: DataKind,
  settled: readonly string[] = [],
): SearchSpace {
  const ranges = Object.entries(options.shape).flatMap(([name, field]): [string, SearchRange][] => {
    const search = (field as z.ZodType).meta()?.["search"] as Searched | undefined;
    const counts = search !== undefined && (search.kinds ?? [kind]).includes(kind) && !settled.includes(name);
    return counts ? [[name, search.range]] : [];
  });
  const names = new Set(ranges.map(([name]) => name));
  return Object.fromEntries(
    ranges.map(([name, { when, ...range }]) => [
      name,
      when !== undefined && names.has(when.option) ? { ...range, when } : range,
    ]),
  );
}

import type { SchemaNotes } from "../features/index.js";

/** What several models say of their parts of the data, as one: cells are added up, columns named once. */
export function mergeNotes(all: readonly SchemaNotes[]): SchemaNotes {
  const unwatched = union(all.map((notes) => notes.unwatched ?? []));
  // Of the others, some entity has values.
  const empty = (all[0]?.empty ?? []).filter((name) => all.every((notes) => notes.empty?.includes(name)));
  return {
    extra: union(all.map(({ extra }) => extra)),
    missing: sums(all.map(({ missing }) => missing)),
    ...(empty.length > 0 && { empty }),
    unseen: joined(all.map(({ unseen }) => unseen)),
    outOfRange: sums(all.map(({ outOfRange }) => outOfRange)),
    changed: joined(all.map(({ changed }) => changed)),
    ...(unwatched.length > 0 && { unwatched }),
  };
}

const union = (lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())];

function sums(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const found = new Map<string, number>();
  for (const record of records)
    for (const [name, cells] of Object.entries(record)) found.set(name, (found.get(name) ?? 0) + cells);
  return Object.fromEntries(found);
}

/** The first example stands for all. */
function joined<T extends { readonly cells: number }>(
  records: readonly Readonly<Record<string, T>>[],
): Record<string, T> {
  const found = new Map<string, T>();
  for (const record of records) {
    for (const [name, of] of Object.entries(record)) {
      const known = found.get(name);
      found.set(name, known === undefined ? of : { ...known, cells: known.cells + of.cells });
    }
  }
  return Object.fromEntries(found);
}

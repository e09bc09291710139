/** Deals the rows of a data set to groups, such as the machines of a fleet. */
import { type Dataset, type Segment, type SeriesSet, selectRows } from "../../data/index.js";
import type { RowShares } from "./kind.js";

/** Of rows that are observations, each by itself. @param select the observations at some rows */
export function dealRows<D extends Dataset>(
  data: D,
  groups: Int32Array,
  count: number,
  select: (data: D, rows: Uint32Array) => D,
): RowShares<D> {
  const rows = membersOf(groups, count);
  return { rows, observations: rows, data: (group) => select(data, rows(group)) };
}

/**
 * Of time steps. Those of a group are one stretch, since an entity's steps follow each other; its windows lie within it.
 */
export function dealSteps(series: SeriesSet, groups: Int32Array, count: number): RowShares<SeriesSet> {
  const { steps, starts, rowSteps, segments, entities, layout, times } = series;
  const rows = membersOf(groups, count);
  const stepOf = (row: number): number => rowSteps?.[row] ?? row;
  const first = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const last = new Float64Array(count).fill(-1);
  for (let row = 0; row < groups.length; row++) {
    const group = groups[row]!;
    if (group === -1) continue;
    first[group] = Math.min(first[group]!, stepOf(row));
    last[group] = Math.max(last[group]!, stepOf(row));
  }
  // A window is of the group in whose stretch it begins: of the stretches in their order, the last that begins before it.
  const order = Array.from(first.keys())
    .filter((group) => last[group]! >= 0)
    .sort((a, b) => first[a]! - first[b]!);
  const begins = order.map((group) => first[group]!);
  const windowGroups = Int32Array.from(starts, (start) => {
    const group = order[lastAtMost(begins, start)];
    return group !== undefined && start + layout.window - 1 <= last[group]! ? group : -1;
  });
  const windows = membersOf(windowGroups, count);
  return {
    rows,
    observations: windows,
    data(group) {
      const own = rows(group);
      const [from, to] = own.length === 0 ? [0, 0] : [first[group]!, last[group]! + 1];
      const places = Uint32Array.from({ length: to - from }, (_, k) => from + k);
      const within = (part: Segment): boolean => part.from >= from && part.to <= to && part.to > part.from;
      const moved = (part: Segment): Segment => ({ from: part.from - from, to: part.to - from });
      const ownStarts = Uint32Array.from(windows(group), (window) => starts[window]! - from);
      return {
        ...series,
        rowCount: ownStarts.length,
        starts: ownStarts,
        steps: selectRows(steps, places),
        rowSteps: Uint32Array.from(own, (row) => stepOf(row) - from),
        ...(times && { times: times.slice(from, to) }),
        ...(segments && { segments: segments.filter(within).map(moved) }),
        ...(entities && { entities: entities.filter(within).map(moved) }),
      };
    },
  };
}

/** Place of the last of ascending numbers that is at most `value`; -1 where all are above it. */
function lastAtMost(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The members of each group, ascending, in one pass over all of them. */
function membersOf(groups: Int32Array, count: number): (group: number) => Uint32Array {
  const ends = new Uint32Array(count + 1);
  for (const group of groups) if (group !== -1) ends[group + 1]!++;
  for (let group = 0; group < count; group++) ends[group + 1]! += ends[group]!;
  const members = new Uint32Array(ends[count]!);
  const next = ends.slice(0, count);
  groups.forEach((group, member) => {
    if (group !== -1) members[next[group]!++] = member;
  });
  return (group) => members.slice(ends[group]!, ends[group + 1]!);
}

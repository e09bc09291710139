import { HypersphereError } from "../../errors.js";
import { selectInPlace } from "../../math/sort.js";
import { findColumn } from "../table/make-table.js";
import type { Table } from "../table/table.js";
import { showSpan, type Times } from "./time.js";

/** Steps in a row, of one entity and without a gap: places in an order, `to` exclusive. */
export interface Segment {
  readonly from: number;
  readonly to: number;
}

/** The rows of each entity, in order of first appearance, each in the order of the table. */
export interface Entities {
  /** Row numbers, entity after entity. */
  readonly order: Uint32Array<ArrayBuffer>;
  readonly ranges: readonly Segment[];
  /** One per range, for messages; a single empty text where there is no entity column. */
  readonly names: readonly string[];
}

/** @throws HypersphereError `unfit-data` for a row without an entity */
export function groupByEntity(table: Table, entityColumn: string | undefined): Entities {
  const order = new Uint32Array(table.rowCount);
  if (entityColumn === undefined) {
    for (let row = 0; row < order.length; row++) order[row] = row;
    return { order, ranges: [{ from: 0, to: order.length }], names: [""] };
  }
  const column = findColumn(table, entityColumn, "entity column");
  const cells: ArrayLike<number> = column.kind === "numeric" ? column.values : column.codes;
  const numbers = new Map<number, number>();
  const names: string[] = [];
  const counts: number[] = [];
  const entities = new Uint32Array(table.rowCount);
  for (let row = 0; row < table.rowCount; row++) {
    const cell = cells[row]!;
    if (column.kind === "numeric" ? Number.isNaN(cell) : cell < 0) {
      throw new HypersphereError(
        "unfit-data",
        `${table.source}: row ${row + 1} has nothing in the entity column "${entityColumn}".`,
        { hint: "Fill the cell or remove the row: its series is unknown." },
      );
    }
    let entity = numbers.get(cell);
    if (entity === undefined) {
      entity = numbers.size;
      numbers.set(cell, entity);
      names.push(column.kind === "numeric" ? String(cell) : column.levels[cell]!);
      counts.push(0);
    }
    entities[row] = entity;
    counts[entity]!++;
  }
  const ranges: Segment[] = [];
  for (const count of counts) {
    const from = ranges.at(-1)?.to ?? 0;
    ranges.push({ from, to: from + count });
  }
  const next = Uint32Array.from(ranges, ({ from }) => from);
  for (let row = 0; row < entities.length; row++) order[next[entities[row]!]!++] = row;
  return { order, ranges, names };
}

/** Times from one step to the next within each entity, ascending by place; the rows must be in the order of time. */
export function stepLengths({ order, ranges }: Entities, { values }: Times): Float64Array {
  const lengths = new Float64Array(ranges.reduce((sum, { from, to }) => sum + to - from - 1, 0));
  let filled = 0;
  for (const { from, to } of ranges) {
    for (let at = from + 1; at < to; at++) lengths[filled++] = values[order[at]!]! - values[order[at - 1]!]!;
  }
  return lengths;
}

/** The (lower) median step. @throws HypersphereError `unfit-data` where half of the steps or more take no time */
export function medianStep(lengths: Float64Array, table: Table, timeColumn: string): number | undefined {
  if (lengths.length === 0) return undefined;
  const median = selectInPlace(lengths.slice(), (lengths.length - 1) >> 1);
  if (median > 0) return median;
  throw new HypersphereError(
    "unfit-data",
    `${table.source}: half of the rows or more have the same time in "${timeColumn}" as the row before them.`,
    {
      hint: 'If the file holds several machines or sensors, name the column that separates them (option "entityColumn").',
    },
  );
}

/** Segments of each entity: a step longer than `maxGap` ends one. */
export function splitAtGaps({ order, ranges }: Entities, { values }: Times, maxGap: number): Segment[] {
  const segments: Segment[] = [];
  for (const range of ranges) {
    let { from } = range;
    for (let at = from + 1; at < range.to; at++) {
      if (values[order[at]!]! - values[order[at - 1]!]! <= maxGap) continue;
      segments.push({ from, to: at });
      from = at;
    }
    segments.push({ from, to: range.to });
  }
  return segments;
}

export interface SamplingFacts {
  readonly lengths: Float64Array;
  readonly median: number;
  readonly maxGap: number;
  /** Whether the steps are brought to a regular grid. */
  readonly regular: boolean;
}

/** Median steps that differ by this factor are those of another sampling rate. */
const OTHER_RATE = 1.5;

/**
 * That the rows come at another rate than those of training, where they do. A grid makes steps of any rate that is no lower
 * than its own.
 * @param median time between two rows
 * @param trained the same in training
 */
export function stepWarnings(
  median: number,
  { trained, every }: { readonly trained: number; readonly every?: number | undefined },
  times: Pick<Times, "unit">,
  source: string,
): string[] {
  const isFiner = every === undefined && median * OTHER_RATE < trained;
  if (!isFiner && median <= OTHER_RATE * Math.max(trained, every ?? 0)) return [];
  const step = showSpan(every ?? trained, times);
  return [
    `${source}: the usual time between two rows is ${showSpan(median, times)}, and was ${showSpan(trained, times)} in training: ` +
      `windows hold something else, and scores say little. Resample the rows to steps of ${step}, or train a model on such rows.`,
  ];
}

/** A step may be off by a tenth before it counts as irregular: clocks jitter. */
const tolerance = 0.1;

/** Sentences about gaps, steps of unequal length and rows of one time. */
export function samplingWarnings(facts: SamplingFacts, times: Times, source: string): string[] {
  const { lengths, median, maxGap, regular } = facts;
  let [gaps, longest, none, uneven] = [0, 0, 0, 0];
  for (const length of lengths) {
    if (length > maxGap) {
      gaps++;
      longest = Math.max(longest, length);
    } else if (length === 0) none++;
    else if (Math.abs(length - median) > tolerance * median) uneven++;
  }
  const warnings: string[] = [];
  if (gaps > 0) {
    warnings.push(
      `${source}: ${counted(gaps, "gap")} (over ${showSpan(maxGap, times)} between two rows, the longest ` +
        `${showSpan(longest, times)}) break${gaps === 1 ? "s" : ""} the series; no window spans one.`,
    );
  }
  if (none > 0) {
    warnings.push(
      `${source}: ${counted(none, "row")} ${none === 1 ? "has" : "have"} the same time as the row before; ` +
        (regular
          ? "the last of them counts."
          : "they remain separate steps, in the order of the file. Windows span less time there: leave repeats out."),
    );
  }
  if (uneven > 0 && !regular) {
    warnings.push(
      `${source}: the sampling is irregular: ${uneven} of ${lengths.length} steps differ from the usual ` +
        `${showSpan(median, times)} by more than a tenth. Steps are kept as they are; ` +
        'option "every" brings them to a regular grid.',
    );
  }
  return warnings;
}

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

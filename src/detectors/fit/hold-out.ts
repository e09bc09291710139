import type { Dataset } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { kindOf, type RowGroups } from "../../features/index.js";
import { createRandom, type RandomSource } from "../../math/random.js";
import type { CommonOptions } from "./common-options.js";

/** Held-out rows beyond this many sharpen nothing and cost time. */
const MOST_HELD_OUT = 10_000;
/** A fold of fewer rows says next to nothing about its detector, and costs a training all the same. */
const FEWEST_FOLD_ROWS = 5;

/** What rows are used for: ascending and disjoint. */
export interface RowParts {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly calibration: Uint32Array;
}

type Blocks = Pick<CommonOptions, "calibrationBlock" | "validationFraction">;

/**
 * Observations that share a part, as windows share time steps, are not independent: they are held out in blocks of neighbours, at least ten times
 * as long as the stretch in which they overlap, as far as there are enough rows for ten blocks.
 */
export function blockwise<T extends Blocks>(data: Dataset, options: T): T {
  return { ...options, calibrationBlock: Math.max(options.calibrationBlock, overlapBlock(data)) };
}

/** Neighbours that are to be held out together, see `blockwise`; 1 where observations are independent of each other. */
export function overlapBlock(data: Dataset): number {
  return Math.max(1, Math.min(10 * kindOf(data).overlap(data), Math.floor(data.rowCount / 10)));
}

/** Leaves out of training and validation the observations that share a part with rows held out from them. */
export function keepApart(data: Dataset, { train, validation, calibration }: RowParts): RowParts {
  const kind = kindOf(data);
  if (kind.overlap(data) === 0) return { train, validation, calibration };
  const without = (rows: Uint32Array, others: Uint32Array): Uint32Array => {
    const sharing = new Set(kind.sharing(data, others));
    return rows.filter((row) => !sharing.has(row));
  };
  const own = without(validation, calibration);
  return { train: without(train, Uint32Array.of(...own, ...calibration)), validation: own, calibration };
}

/**
 * Observations that stay together in a split because they are repeats of each other. Whoever asks for blocks of
 * neighbours has said already which rows belong together.
 */
export async function repeats(
  data: Dataset,
  { calibrationBlock }: Pick<CommonOptions, "calibrationBlock">,
  signal?: AbortSignal,
): Promise<RowGroups | undefined> {
  return calibrationBlock > 1 ? undefined : kindOf(data).nearDuplicates(data, signal);
}

/**
 * Holds rows out once: in whole groups where there are some, else in whole blocks of `calibrationBlock` or somewhat more
 * consecutive rows.
 * @throws HypersphereError `invalid-option` for blocks so large that there is none left for each purpose
 */
export function splitRows(
  rows: number,
  options: Blocks & Pick<CommonOptions, "calibrationFraction">,
  random: RandomSource,
  groups?: RowGroups,
): RowParts {
  const units = unitsOf(rows, options, groups);
  requireBlocks(rows, units.count, options, options.validationFraction === undefined ? 2 : 3);
  const order = random.stream("split").permutation(units.count);
  const calibration = heldOut(units.count, options.calibrationFraction, options.calibrationBlock);
  return {
    ...trainingParts(units, order.subarray(calibration), options),
    calibration: units.rowsOf(order.subarray(0, calibration)),
  };
}

/**
 * One of the rows of each group, drawn at random; all rows without groups. A new group is exchangeable with those held
 * out, and so is one row of it with one of each: several would count as witnesses of their own, which they are not.
 */
export function oneOfEach(
  rows: Uint32Array,
  groups: RowGroups | undefined,
  random: RandomSource,
): Uint32Array {
  if (groups === undefined) return rows;
  const stream = random.stream("near-duplicates");
  const chosen = new Map<number, number>();
  for (const place of stream.permutation(rows.length)) chosen.set(groups.of[rows[place]!]!, rows[place]!);
  return Uint32Array.from(chosen.values()).sort();
}

/**
 * How many of so many rows a fit calibrates with: in folds all of them, otherwise those that it holds out; of
 * near-duplicates one.
 */
export async function calibrationRows(data: Dataset, rows: number, options: CommonOptions): Promise<number> {
  const groups = await repeats(data, options);
  // Of rows that are trimmed it is not known yet which groups they are of.
  const apart = groups === undefined ? rows : Math.floor((groups.count * rows) / data.rowCount);
  if (options.calibration === "cross") return apart;
  return splitRows(apart, blockwise(data, options), createRandom(options.seed)).calibration.length;
}

/**
 * Deals all rows to `calibrationFolds` folds of nearly equal size, in whole groups or blocks: every row is in the calibration
 * part of one fold and in the training or validation part of all others.
 * @throws HypersphereError `invalid-option` for folds that would be too small
 */
export function foldRows(
  rows: number,
  options: Blocks & Pick<CommonOptions, "calibrationFolds">,
  random: RandomSource,
  groups?: RowGroups,
): RowParts[] {
  const { calibrationFolds: folds } = options;
  const units = unitsOf(rows, options, groups);
  const apart = groups?.count ?? rows;
  if (apart < folds * FEWEST_FOLD_ROWS) {
    const what = groups === undefined ? `${rows} rows` : `${rows} rows in ${apart} groups of near-duplicates`;
    throw new HypersphereError(
      "invalid-option",
      `calibrationFolds is ${folds}, but ${what} make folds of ${Math.floor(apart / folds)}; a fold needs at least ${FEWEST_FOLD_ROWS}.`,
      { hint: `Use at most ${Math.floor(apart / FEWEST_FOLD_ROWS)} folds, or train from more rows.` },
    );
  }
  requireBlocks(
    rows,
    units.count,
    options,
    Math.max(folds, options.validationFraction === undefined ? 2 : 4),
  );
  const order = random.stream("split").permutation(units.count);
  return Array.from({ length: folds }, (_, fold) => {
    const [from, to] = [part(fold, folds, units.count), part(fold + 1, folds, units.count)];
    const others = order.filter((_, position) => position < from || position >= to);
    return {
      ...trainingParts(units, others, options),
      calibration: units.rowsOf(order.subarray(from, to)),
    };
  });
}

/** What is dealt to parts as a whole. */
interface Units {
  readonly count: number;
  /** The rows of some of them; ascending. */
  rowsOf(chosen: Uint32Array): Uint32Array;
}

/** Whole groups where there are some, else blocks of `calibrationBlock` or somewhat more consecutive rows. */
export function unitsOf(
  rows: number,
  options: Pick<Blocks, "calibrationBlock">,
  groups: RowGroups | undefined,
): Units {
  if (groups === undefined) {
    const count = blockCount(rows, options);
    return { count, rowsOf: (chosen) => rowsOfBlocks(chosen, count, rows) };
  }
  const { of, count } = groups;
  return {
    count,
    rowsOf(chosen) {
      const wanted = new Set(chosen);
      return Uint32Array.from(of.keys()).filter((row) => wanted.has(of[row]!));
    },
  };
}

function trainingParts(
  units: Units,
  order: Uint32Array,
  { validationFraction, calibrationBlock }: Blocks,
): Omit<RowParts, "calibration"> {
  const validation =
    validationFraction === undefined ? 0 : heldOut(order.length, validationFraction, calibrationBlock);
  return {
    validation: units.rowsOf(order.subarray(0, validation)),
    train: units.rowsOf(order.subarray(validation)),
  };
}

function blockCount(rows: number, { calibrationBlock }: Pick<Blocks, "calibrationBlock">): number {
  return Math.max(1, Math.floor(rows / calibrationBlock));
}

function requireBlocks(rows: number, blocks: number, { calibrationBlock }: Blocks, needed: number): void {
  if (blocks >= needed) return;
  throw new HypersphereError(
    "invalid-option",
    `calibrationBlock is ${calibrationBlock}, but ${rows} rows make only ${blocks === 1 ? "1 block" : `${blocks} blocks`} of that size; at least ${needed} are needed.`,
    { hint: `Use blocks of at most ${Math.floor(rows / needed)} rows.` },
  );
}

function heldOut(blocks: number, fraction: number, blockRows: number): number {
  const most = Math.max(1, Math.floor(MOST_HELD_OUT / blockRows));
  return Math.min(most, Math.max(1, Math.round(blocks * fraction)));
}

/** Where part k of `parts` nearly equal ones of a whole begins. */
const part = (k: number, parts: number, whole: number): number => Math.floor((k * whole) / parts);

/** The rows of some of so many nearly equal blocks; ascending. */
export function rowsOfBlocks(chosen: Uint32Array, blocks: number, rows: number): Uint32Array {
  const ascending = chosen.toSorted();
  const sizes = ascending.reduce((sum, k) => sum + part(k + 1, blocks, rows) - part(k, blocks, rows), 0);
  const result = new Uint32Array(sizes);
  let length = 0;
  for (const block of ascending) {
    const end = part(block + 1, blocks, rows);
    for (let row = part(block, blocks, rows); row < end; row++) result[length++] = row;
  }
  return result;
}

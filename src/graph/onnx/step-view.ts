/** What windows are of the steps that they share. */
import type { DataType } from "../tensor.js";
import type { DecodedTensor } from "./decode.js";

/**
 * A value of windows that holds, for each of them, what a value over all steps holds at some of them: the k-th of `count` is
 * at the window's start + offset + k * apart.
 */
export interface StepView {
  /** The value over all steps, [steps - lost, ...item]. */
  readonly base: string;
  readonly lost: number;
  readonly offset: number;
  readonly apart: number;
  readonly count: number;
  /** Lengths of what there is at each of them. */
  readonly item: readonly number[];
  /** windows: [windows, count, ...item]; places: [windows * count, ...item]; flat: [windows, count * numbers of an item]. */
  readonly lead: "windows" | "places" | "flat";
  /** Where it is known. */
  readonly dtype: DataType | undefined;
}

export const product = (lengths: readonly number[]): number =>
  lengths.reduce((numbers, length) => numbers * length, 1);

/** Lengths of the view's axes but the first. */
export function lengthsOf({ lead, count, item }: StepView): readonly number[] {
  if (lead === "flat") return [count * product(item)];
  return lead === "windows" ? [count, ...item] : item;
}

/** Which axis of the base an axis of the view is; undefined where it is none, or not only that. */
export function baseAxis({ lead, item }: StepView, axis: number): number | undefined {
  if (lead === "flat") return undefined;
  const rank = item.length + (lead === "windows" ? 2 : 1);
  const found = (axis < 0 ? axis + rank : axis) - (lead === "windows" ? 1 : 0);
  return found >= 1 && found <= item.length ? found : undefined;
}

/** Whether an axis is that of the places in a window. */
export const isPlaces = ({ lead, item }: StepView, axis: number): boolean =>
  lead === "windows"
    ? axis === 1 || axis === -1 - item.length
    : lead === "flat" && (axis === 1 || axis === -1);

/** NumPy's rule for lengths of items; undefined where they do not fit, or have different ranks. */
export function broadcastItems(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  if (a.length !== b.length) return undefined;
  const lengths = a.map((length, k) => (length === b[k] || b[k] === 1 ? length : length === 1 ? b[k]! : -1));
  return lengths.includes(-1) ? undefined : lengths;
}

/** A constant as it meets items. */
export interface ItemConstant {
  readonly shape: readonly number[];
  /** Places among the constant's contents; absent where these stay as they are. */
  readonly pick?: readonly number[];
}

/**
 * What a constant that is combined with a view is to an item of it: undefined where that differs from place to place.
 * @param contents absent where they are not known: then they may not be looked at
 */
export function itemConstant(
  view: StepView,
  shape: readonly number[],
  contents: DecodedTensor["data"] | undefined,
): ItemConstant | undefined {
  if (view.lead === "flat") return flatConstant(view, shape, contents);
  const own = shape.slice(Math.max(0, shape.length - view.item.length));
  const around = shape.slice(0, shape.length - own.length);
  // Those around are of places and of windows, the last first.
  const [places = 1, ...others] = view.lead === "windows" ? around.toReversed() : [1, ...around];
  if (others.some((length) => length !== 1)) return undefined;
  if (places === 1) return around.length === 0 ? { shape } : { shape: own, pick: firsts(product(own)) };
  return repeated(contents, places, product(own)) ? { shape: own, pick: firsts(product(own)) } : undefined;
}

function flatConstant(
  { count, item }: StepView,
  shape: readonly number[],
  contents: DecodedTensor["data"] | undefined,
): ItemConstant | undefined {
  const size = product(shape);
  if (size === 1) return { shape: [], pick: [0] };
  const own = product(item);
  if (size !== count * own || shape.at(-1) !== size || !repeated(contents, count, own)) return undefined;
  return { shape: [own], pick: firsts(own) };
}

const firsts = (length: number): number[] => Array.from({ length }, (_, k) => k);

/** Whether contents are `times` times the same `length` ones. */
function repeated(contents: DecodedTensor["data"] | undefined, times: number, length: number): boolean {
  if (contents?.length !== times * length) return false;
  for (let k = length; k < contents.length; k++)
    if (!Object.is(contents[k], contents[k % length])) return false;
  return true;
}

/** Numbers at equal distances: the first, and the distance; undefined for others. */
export function progression(values: readonly number[]): readonly [first: number, apart: number] | undefined {
  const [first, second] = values;
  if (first === undefined) return undefined;
  const apart = second === undefined ? 1 : second - first;
  return apart > 0 && values.every((value, k) => value === first + k * apart) ? [first, apart] : undefined;
}

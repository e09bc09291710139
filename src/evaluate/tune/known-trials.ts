import { halvingShares, holds, type SearchPoint } from "../../search/index.js";
import type { TunePlan } from "./plan.js";
import type { TuneTrial } from "./trials.js";

/**
 * Whether a value, such as one that was read from a file, can be a trial of a search: with a setting that the search has, and
 * either with as many values as it measures, or with the reason why there is none.
 */
export function isTrialOf(
  { space, halving, repeats, objective, defaults }: TunePlan,
  value: unknown,
): value is TuneTrial {
  if (!isRecord(value)) return false;
  const { number, point, share, error } = value;
  if (!Number.isSafeInteger(number) || (number as number) < 0 || !isRecord(point)) return false;
  const known = Object.entries(point).every(
    ([name, own]) => Object.hasOwn(space, name) && holds(space[name]!, own as SearchPoint[string]),
  );
  if (!known || (number === 0 && JSON.stringify(point) !== JSON.stringify(defaults))) return false;
  const shares = halving === undefined || number === 0 ? [] : halvingShares(halving);
  if (share !== undefined && (share === 1 || !shares.includes(share as number))) return false;
  if (typeof error === "string") return value["value"] === undefined;
  const { values, parts } = value;
  return (
    isShare(value["value"]) &&
    Array.isArray(values) &&
    values.length === repeats.length &&
    values.every(isShare) &&
    isRecord(parts) &&
    Object.values(parts).every(isShare) &&
    Object.hasOwn(parts, objective)
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isShare = (value: unknown): boolean => typeof value === "number" && value >= 0 && value <= 1;

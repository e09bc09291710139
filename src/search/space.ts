import { HypersphereError } from "../errors.js";
import { shown } from "../text/shown.js";

/** What a choice may be: anything that JSON can hold, such as a list of widths. */
export type SearchValue = number | string | boolean | null | readonly SearchValue[];

/** When an option counts: another one, which is a choice, has one of these values. */
export interface SearchCondition {
  readonly option: string;
  readonly is: readonly SearchValue[];
}

export interface SearchNumber {
  readonly kind: "number";
  readonly low: number;
  /** Included. */
  readonly high: number;
  /** Equal ratios count alike instead of equal differences; needs a low above 0. */
  readonly log?: boolean;
  readonly integer?: boolean;
  /** What a trial costs grows with it: successive halving gives a setting a share of it at first. */
  readonly budget?: boolean;
  readonly when?: SearchCondition;
}

export interface SearchChoice {
  readonly kind: "choice";
  readonly values: readonly SearchValue[];
  readonly when?: SearchCondition;
}

export type SearchRange = SearchNumber | SearchChoice;

/** What is searched: a range for each option. */
export type SearchSpace = Readonly<Record<string, SearchRange>>;

/** Options with their values; those whose condition does not hold are absent. */
export type SearchPoint = Readonly<Record<string, SearchValue>>;

/** Position in a list of choices; -1 where it is none of them. */
export const choiceAt = (values: readonly SearchValue[], value: SearchValue | undefined): number => {
  const text = JSON.stringify(value);
  return values.findIndex((each) => JSON.stringify(each) === text);
};

/** Whether a range has a value. */
export function holds(range: SearchRange, value: SearchValue): boolean {
  if (range.kind === "choice") return choiceAt(range.values, value) >= 0;
  const whole = range.integer !== true || Number.isSafeInteger(value);
  return typeof value === "number" && whole && value >= range.low && value <= range.high;
}

/** Whether an option counts, beside the values of options that stand before it. */
export const isActive = ({ when }: SearchRange, point: SearchPoint): boolean =>
  when === undefined || choiceAt(when.is, point[when.option]) >= 0;

/**
 * The names of a space, each after the one that it depends on.
 * @throws HypersphereError `invalid-option` for an empty space, ranges without values, and conditions that name no choice
 * of the space, a value that it does not have, or one another
 */
export function orderedNames(space: SearchSpace): readonly string[] {
  const names = Object.keys(space);
  if (names.length === 0) refuse("The search space has no option.");
  for (const name of names) checkRange(name, space);
  const ordered: string[] = [];
  while (ordered.length < names.length) {
    const ready = names.filter((name) => {
      const parent = space[name]!.when?.option;
      return !ordered.includes(name) && (parent === undefined || ordered.includes(parent));
    });
    if (ready.length === 0) {
      const left = names.filter((name) => !ordered.includes(name));
      refuse(`The search space has options that depend on one another: ${left.join(", ")}.`);
    }
    ordered.push(...ready);
  }
  return ordered;
}

function checkRange(name: string, space: SearchSpace): void {
  const range = space[name]!;
  if (range.kind === "choice") {
    if (range.values.length === 0) refuse(`The search space has no value for ${name}.`);
  } else {
    const { low, high, log = false, integer = false } = range;
    const ordered = Number.isFinite(low) && Number.isFinite(high) && low <= high;
    if (!ordered)
      refuse(`The search space of ${name} is ${low} to ${high}, expected a low and a higher number.`);
    if (log && low <= 0)
      refuse(`The search space of ${name} begins at ${low}, expected more than 0 for a log scale.`);
    if (integer && !(Number.isSafeInteger(low) && Number.isSafeInteger(high)))
      refuse(`The search space of ${name} is ${low} to ${high}, expected whole numbers.`);
  }
  if (range.when === undefined) return;
  const { option, is } = range.when;
  const parent = Object.hasOwn(space, option) ? space[option] : undefined;
  if (parent?.kind !== "choice")
    refuse(`The search space of ${name} depends on ${option}, which is no choice of the space.`);
  const unknown = is.find((value) => choiceAt(parent.values, value) < 0);
  if (is.length === 0 || unknown !== undefined)
    refuse(
      `The search space of ${name} depends on ${option} being ${shown(unknown ?? [])}, which it never is.`,
    );
}

function refuse(message: string): never {
  throw new HypersphereError("invalid-option", message, {
    hint: 'A space is written as {"k": {"kind": "number", "low": 1, "high": 50, "log": true, "integer": true}}.',
  });
}

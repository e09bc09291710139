import { HypersphereError } from "../errors.js";
import { didYouMean } from "./closest-name.js";
import { shown } from "./shown.js";

/** Every name that options of a type may have, which the compiler keeps complete. */
export type OptionNames<Options> = Readonly<Record<keyof Required<Options>, true>>;

/**
 * Programs without types may give options that do not exist, and would never hear that they do nothing.
 * @param of what the options are of, as `There is no option "x" ...` goes on
 * @param otherwise a hint for names that one may look for here, and a last sentence for all others
 * @throws HypersphereError `invalid-option` naming the first of them
 */
export function refuseUnknownOptions(
  options: object,
  known: readonly string[],
  of: string,
  otherwise: (name: string) => string = () => "",
): void {
  const name = Object.entries(options).find(
    ([each, value]) => value !== undefined && !known.includes(each),
  )?.[0];
  if (name === undefined) return;
  const hint = `${didYouMean(name, known)}${otherwise(name)}`.trim();
  throw new HypersphereError(
    "invalid-option",
    `There is no option ${shown(name)} ${of}.`,
    hint === "" ? {} : { hint },
  );
}

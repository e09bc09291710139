import { durationOf } from "../../text/number-notation.js";
import { parseNumber } from "../../text/parse-number.js";
import type { CountedText, Inferred } from "./infer-notation.js";

/** So many different ones make lengths of time: fewer may be ratios, such as 4:30 and 1:20, or names. */
const LEAST_DIFFERENT = 5;
/** Examples that a warning gives. */
const EXAMPLES = 2;

/** Texts that all are lengths of time, where they are in one form. */
export interface InferredDurations {
  readonly inferred: Inferred;
  /** Whether all are one number with a unit, which may be the same unit throughout. */
  readonly withUnits: boolean;
}

/** Reads the distinct texts of a column as lengths of time; zero needs no form. Undefined where one of them is none. */
export function inferDurations(
  texts: readonly CountedText[],
  forced: boolean,
): InferredDurations | undefined {
  const found: { readonly text: CountedText; readonly form: "full" | "short"; readonly value: number }[] = [];
  let withUnits = true;
  for (const text of texts) {
    const length = durationOf(text.text);
    if (length !== undefined) {
      found.push({ text, ...length });
      withUnits &&= length.single;
    } else if (parseNumber(text.text) !== 0) return undefined;
  }
  if (found.length < (forced ? 1 : LEAST_DIFFERENT)) return undefined;
  const [first] = found;
  const other = found.find(({ form }) => form !== first!.form);
  if (other !== undefined) {
    const [short, full] = first!.form === "short" ? [first!, other] : [other, first!];
    return { withUnits, inferred: { is: "ambiguous", examples: [short.text, full.text], why: "duration" } };
  }
  const examples = found.slice(0, EXAMPLES).map(({ text, value }) => ({ text: text.text, value }));
  return { withUnits, inferred: { is: "numbers", notation: { duration: first!.form }, examples } };
}

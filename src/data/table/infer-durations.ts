import { type DurationForm, isInForm } from "../../text/duration.js";
import { durationOf } from "../../text/number-notation.js";
import { parseNumber } from "../../text/parse-number.js";
import type { CountedText, Inferred } from "./infer-notation.js";

/** So many different ones make lengths of time: fewer may be ratios, such as 4:30 and 1:20, or names. */
const LEAST_DIFFERENT = 5;
/** Examples that a warning gives. */
const EXAMPLES = 2;

/** Why lengths of time are read as none: two parts beside more, twelve hours beside 24, or seconds that may be frames. */
export type DurationDoubt = "duration" | "half-days" | "frames";

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
  const found: Found[] = [];
  let withUnits = true;
  for (const text of texts) {
    const length = durationOf(text.text);
    if (length !== undefined) {
      found.push({ text, ...length });
      withUnits &&= length.single;
    } else if (parseNumber(text.text) !== 0) return undefined;
  }
  if (found.length < (forced ? 1 : LEAST_DIFFERENT)) return undefined;
  const duration = (found.find(({ form }) => form === "days") ?? found[0]!).form;
  const doubtful = (why: DurationDoubt, one: Found, other: Found | undefined): InferredDurations => ({
    withUnits,
    inferred: { is: "ambiguous", examples: [one, ...(other ? [other] : [])].map(({ text }) => text), why },
  });
  const other = found.find(({ form }) => !isInForm(form, duration));
  if (other !== undefined) {
    const own = found.find(({ form }) => isInForm(form, duration))!;
    const odd = (form: DurationForm): Found | undefined => [own, other].find((one) => one.form === form);
    const [one, why] = odd("12-hour")
      ? [odd("12-hour")!, "half-days" as const]
      : [odd("short")!, "duration" as const];
    return doubtful(why, one, one === own ? other : own);
  }
  if (duration === "days" && !forced && !found.some(endsInSeconds)) {
    return doubtful("frames", found.find(({ form }) => form === "days")!, undefined);
  }
  const examples = found.slice(0, EXAMPLES).map(({ text, value }) => ({ text: text.text, value }));
  return { withUnits, inferred: { is: "numbers", notation: { duration }, examples } };
}

interface Found {
  readonly text: CountedText;
  readonly form: DurationForm;
  readonly value: number;
}

/** Films have fewer than 30 frames a second nearly always. */
const endsInSeconds = ({ form, value }: Found): boolean =>
  form === "days" && (Math.abs(value) % 60 >= 30 || !Number.isInteger(value));

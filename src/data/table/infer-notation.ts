import {
  type DecimalMark,
  durationOf,
  type NumberNotation,
  sizeOf,
  takeApart,
  type WrittenNumber,
} from "../../text/number-notation.js";
import { parseNumber } from "../../text/parse-number.js";
import { type DurationDoubt, inferDurations } from "./infer-durations.js";

/** A text of a column and how many cells hold it. */
export interface CountedText {
  readonly text: string;
  readonly cells: number;
}

/** A unit and how many cells and different numbers carry it. */
export interface CountedAffix extends CountedText {
  readonly different: number;
  /** Different ones among them with a decimal mark or a separator. */
  readonly marked: number;
}

/** What the texts of a column are, taken together. */
export type Inferred =
  /** Numbers, all in one notation. */
  | {
      readonly is: "numbers";
      readonly notation: NumberNotation;
      readonly examples: readonly NumberExample[];
      /** A number that shows that the stated decimal mark is not the column's. */
      readonly against?: string;
    }
  /** Numbers whose marks or parentheses can be read in two ways. */
  | { readonly is: "ambiguous"; readonly examples: readonly CountedText[]; readonly why: Ambiguity }
  /** Numbers with different units, or only some of them with one. */
  | { readonly is: "mixed"; readonly affixes: readonly CountedAffix[] }
  /** Not all of them numbers. */
  | {
      readonly is: "texts";
      /** Cells with numbers. */
      readonly numbers: number;
      readonly others: readonly CountedText[];
      /** Different texts that are numbers. */
      readonly different: number;
    };

export type Ambiguity = "separator" | "both-marks" | "parentheses" | DurationDoubt;

export interface NumberExample {
  readonly text: string;
  readonly value: number;
}

/** A unit in letters below so many different numbers may be the name of a category: 3G, 4G and 5G. */
const LEAST_NUMBERS_WITH_UNIT = 5;

export interface NotationWishes {
  /** The mark before decimals, where an option says so. */
  readonly decimal?: DecimalMark | undefined;
  /** Whether the column is to be numeric: few numbers with a unit are enough then, and some may lack it. */
  readonly forced?: boolean;
}

/** Finds out in which notation the distinct texts of a column are numbers, if in one. */
export function inferNotation(texts: readonly CountedText[], wishes: NotationWishes): Inferred {
  const lengths = inferDurations(texts, wishes.forced === true);
  if (lengths !== undefined && !lengths.withUnits) return lengths.inferred;
  const numbers: { readonly text: CountedText; readonly number: WrittenNumber }[] = [];
  const others: CountedText[] = [];
  const clocks: CountedText[] = [];
  let cells = 0;
  for (const text of texts) {
    const number = takeApart(text.text);
    if (number !== undefined) numbers.push({ text, number });
    else if (parseNumber(text.text) === undefined) {
      if (durationOf(text.text) === undefined) {
        others.push(text);
        continue;
      }
      clocks.push(text);
    }
    cells += text.cells;
  }
  // Beside plain numbers no one knows in which unit those are.
  if (others.length === 0) others.push(...clocks);
  const affixes = affixesOf(numbers);
  if (others.length > 0 || numbers.length === 0) {
    // What looks like numbers with many units are names, such as the hexadecimal "75b8d880": only one unit counts.
    const foreign = affixes.filter(({ text }) => text !== "").slice(1);
    const foreignCells = foreign.reduce((sum, affix) => sum + affix.cells, 0);
    const foreignTexts = foreign.reduce((sum, affix) => sum + affix.different, 0);
    return {
      is: "texts",
      numbers: cells - foreignCells,
      others,
      different: texts.length - others.length - foreignTexts,
    };
  }
  const named = affixes.filter(({ text }) => text !== "");
  if (named.length > 1 || (named.length === 1 && affixes.length > 1 && !wishes.forced)) {
    return lengths?.inferred ?? { is: "mixed", affixes };
  }
  const affix = named[0]?.text ?? "";
  if (/^\p{L}/u.test(affix) && numbers.length < LEAST_NUMBERS_WITH_UNIT && !wishes.forced) {
    return { is: "texts", numbers: 0, others: texts, different: 0 };
  }
  const wrapped = numbers.filter(({ number }) => number.inParentheses);
  if (wrapped.length > 0 && !parenthesesMeanMinus(numbers.map(({ number }) => number))) {
    return { is: "ambiguous", examples: wrapped.map(({ text }) => text), why: "parentheses" };
  }
  const mark = decimalMark(numbers, affix, wishes.decimal);
  if (mark.why !== undefined) return { is: "ambiguous", examples: mark.examples, why: mark.why };
  const notation = { ...(affix !== "" && { affix }), ...(mark.decimal && { decimal: mark.decimal }) };
  const odd = numbers.filter(({ number }) => sizeOf(number, mark.decimal) === undefined);
  if (odd.length > 0 && wishes.decimal !== undefined) {
    // What is said of the file need not hold for each of its columns, where they tell.
    const inferred = inferNotation(texts, { ...wishes, decimal: undefined });
    if (inferred.is === "numbers") return { ...inferred, against: odd[0]!.text.text };
  }
  if (odd.length > 0) {
    const others = odd.map(({ text }) => text);
    const oddCells = others.reduce((sum, text) => sum + text.cells, 0);
    return { is: "texts", numbers: cells - oddCells, others, different: texts.length - others.length };
  }
  return { is: "numbers", notation, examples: examplesOf(numbers, mark.decimal) };
}

type Numbers = readonly { readonly text: CountedText; readonly number: WrittenNumber }[];

/** Units, the most frequent first. Zero needs none. */
function affixesOf(numbers: Numbers): CountedAffix[] {
  const counts = new Map<string, { cells: number; different: number; marked: number }>();
  for (const { text, number } of numbers) {
    if (number.affix === "" && number.byPoint === 0) continue;
    const known = counts.get(number.affix) ?? { cells: 0, different: 0, marked: 0 };
    counts.set(number.affix, {
      cells: known.cells + text.cells,
      different: known.different + 1,
      marked: known.marked + (number.point || number.comma ? 1 : 0),
    });
  }
  return [...counts].map(([text, count]) => ({ text, ...count })).sort((a, b) => b.cells - a.cells);
}

/** Accountants' parentheses stand beside numbers without them, and beside no minus. */
function parenthesesMeanMinus(numbers: readonly WrittenNumber[]): boolean {
  return (
    numbers.some(({ inParentheses, byPoint }) => !inParentheses && byPoint !== 0) &&
    !numbers.some(({ inParentheses, negative }) => negative && !inParentheses)
  );
}

/**
 * Which mark is before the decimals. "1.5" and "1,234.5" tell, as "1,5" and "1.234,5" do; "1,234" does not. A mark in the
 * other role needs a number that tells, too: "1.234" beside "1,5" may be a slip.
 */
function decimalMark(
  numbers: Numbers,
  affix: string,
  stated: DecimalMark | undefined,
): { decimal?: DecimalMark | undefined; examples: readonly CountedText[]; why?: Ambiguity } {
  if (stated !== undefined) return { decimal: stated, examples: [] };
  const telling = (mark: "byPoint" | "byComma", other: "byPoint" | "byComma"): Numbers =>
    numbers.filter(
      ({ number }) =>
        number[mark] !== undefined && number[other] === undefined && (number.point || number.comma),
    );
  const byPoint = telling("byPoint", "byComma");
  const byComma = telling("byComma", "byPoint");
  if (byPoint.length > 0 && byComma.length > 0) {
    return { examples: [byPoint[0]!.text, byComma[0]!.text], why: "both-marks" };
  }
  const unclear = numbers.filter(
    ({ number }) =>
      number.byPoint !== undefined && number.byComma !== undefined && number.byPoint !== number.byComma,
  );
  const decided = byPoint.length > 0 ? byPoint : byComma;
  // Numbers with nothing but a point are read as everywhere, unless something else of them is unusual.
  const plain = affix === "" && !numbers.some(({ number }) => number.comma);
  const open = unclear.filter(({ number }) => {
    if (plain) return false;
    const mark = number.comma ? "comma" : "point";
    return !decided.some((tells) => tells.number[mark]);
  });
  if (open.length > 0) return { examples: open.map(({ text }) => text), why: "separator" };
  if (byComma.length > 0) return { decimal: ",", examples: [] };
  return { decimal: byPoint.length > 0 || unclear.length > 0 ? "." : undefined, examples: [] };
}

/** One number for each thing that is unusual, at most three. */
function examplesOf(numbers: Numbers, decimal: DecimalMark | undefined): NumberExample[] {
  const features: ((number: WrittenNumber) => boolean)[] = [
    ({ comma }) => comma,
    ({ inParentheses }) => inParentheses,
    ({ isBound }) => isBound,
    ({ affix }) => affix !== "",
    () => true,
  ];
  const chosen: Numbers[number][] = [];
  for (const has of features) {
    const covered = chosen.some(({ number }) => has(number));
    const example = covered
      ? undefined
      : numbers.find(({ text, number }) => has(number) && parseNumber(text.text) === undefined);
    if (example !== undefined && chosen.length < 3) chosen.push(example);
  }
  return chosen.map(({ text, number }) => {
    const value = sizeOf(number, decimal)!;
    return { text: text.text, value: number.negative ? -value : value };
  });
}

import { HypersphereError } from "../../errors.js";
import { MissingTokens } from "../../text/missing-tokens.js";
import {
  type DecimalMark,
  durationOf,
  type NumberNotation,
  parseNoted,
  takeApart,
} from "../../text/number-notation.js";
import { parseNumber } from "../../text/parse-number.js";
import { bareCell, plainDigits } from "../../text/plain-digits.js";
import {
  type ColumnFindings,
  type ColumnWarnings,
  notNumeric,
  readingOf,
  warningsOf,
} from "./column-warnings.js";
import { type Growable, growableFloats, growableInts } from "./growable.js";
import { type CountedText, type Inferred, inferNotation } from "./infer-notation.js";
import type { Column } from "./table.js";

export type ColumnKind = "numeric" | "categorical";

export interface ColumnBuilderOptions {
  /** Overrides the inference: "numeric" makes text an error, "categorical" keeps numbers as texts. */
  kind?: ColumnKind | undefined;
  /** Cells that mean "no value", compared after trimming. The empty cell is one whatever they are. */
  missing?: MissingTokens | undefined;
  /** The mark before decimals, where it is not to be found out. */
  decimal?: DecimalMark | undefined;
  /** How numbers are written, where that is known from other data: "plain" has nothing to be found out either. */
  notation?: NumberNotation | "plain" | undefined;
  /** Takes texts as they are: no decoration of numbers is read, and no text is missing just because it stands among them. */
  verbatim?: boolean;
  /** Keeps all texts, however many: for the second reading of a column that was `spoiled` in the first. */
  keepTexts?: boolean;
  /** For messages: the file, and what `position` counts ("line", "row"). */
  source?: string;
  unit?: string;
}

/**
 * Distinct texts up to which a column is kept as a dictionary of texts, whatever they are. Within it a column of numbers
 * can still turn out to be categorical without any text being lost.
 */
const dictionaryLimit = 4096;

/**
 * Builds one column from cells that come one by one, and finds out what it is: numeric when every cell that is not missing
 * states a number (Infinity is one), or all of them numbers with the same decoration (a unit, separators of thousands), or
 * lengths of time; categorical otherwise. "true" and "false" are texts, hence categories; in a column forced to be numeric
 * they are 1 and 0. White space around a cell is not part of it, nor are invisible characters. Integers beyond 2^53 are
 * numbers unless two different ones would become the same.
 *
 * Memory: a dictionary and 4 bytes per cell up to 4096 distinct texts, 8 bytes per cell for numbers beyond that. A text that
 * appears after the texts of the numbers before it were let go makes the builder `spoiled`: the column has to be built
 * again from the start with `keepTexts`.
 */
export class ColumnBuilder {
  readonly name: string;
  /** The column must be read again with `keepTexts`; `finish` would lose texts and throws. */
  spoiled = false;
  /** First text in the column that is no plain number: where, and what. */
  firstText: { position: number; cell: string } | undefined;
  numberCells = 0;
  textCells = 0;

  readonly #options: ColumnBuilderOptions;
  readonly #missing: MissingTokens;
  readonly #source: string;
  readonly #unit: string;
  /** What a cell without white space around it states as a number. */
  readonly #read: (cell: string) => number | undefined;
  readonly #isComma: boolean;
  #length = 0;
  /** Present while the column is a dictionary; undefined once it is plain numbers. */
  #dictionary: Map<string, number> | undefined = new Map();
  #levels: string[] = [];
  /** NaN for texts. */
  #levelValues: number[] = [];
  /** Where each level came first. */
  #firstAt: number[] = [];
  /** Codes of texts that mean "no value" if the others are numbers. */
  readonly #missingAmongNumbers = new Set<number>();
  #codes: Growable<Int32Array> = growableInts();
  #numbers: Growable<Float64Array> | undefined;
  /** Whether a number came from a text, whose exact spelling numbers alone do not tell. */
  #hasSpelling = false;
  /** Whether an integer came that is not exact as a number. */
  #hasInexact = false;
  /** First cell without the unit that the column is known to have. */
  #bare: { position: number; cell: string } | undefined;
  #inferred: Inferred | undefined;
  #counts: readonly CountedText[] | undefined;

  constructor(name: string, options: ColumnBuilderOptions = {}) {
    this.name = name;
    this.#options = options;
    this.#missing = options.missing ?? new MissingTokens();
    this.#source = options.source ?? "<memory>";
    this.#unit = options.unit ?? "row";
    this.#read = readerOf(options);
    this.#isComma = (notationOf(options.notation)?.decimal ?? options.decimal) === ",";
  }

  /** The kind that the column is to have, if any was stated. */
  get kind(): ColumnKind | undefined {
    return this.#options.kind;
  }

  get length(): number {
    return this.#length;
  }

  /** Appends `count` missing cells: for keys that appear late in a file of records. */
  appendMissing(count = 1): void {
    this.#length += count;
    if (this.spoiled) return;
    for (let i = 0; i < count; i++) {
      if (this.#numbers) this.#numbers.push(Number.NaN);
      else this.#codes.push(-1);
    }
  }

  /** Appends a text as it stands in the file; `position` is its line or row, for messages. */
  append(cell: string, position: number): void {
    const dictionary = this.#dictionary;
    if (dictionary === undefined) {
      this.#appendToNumbers(cell, position);
      return;
    }
    this.#length++;
    const known = dictionary.get(cell);
    if (known !== undefined) {
      this.#codes.push(known);
      if (known >= 0) this.#count(known);
      return;
    }
    this.#appendNew(cell, position);
  }

  /** Appends a value that the format itself says is a number; NaN is missing. */
  appendNumber(value: number, position: number): void {
    if (this.spoiled) this.#length++;
    else if (Number.isNaN(value) || (this.#missing.hasNumbers && this.#missing.hasNumber(value))) {
      this.appendMissing();
    } else if (this.#numbers) {
      this.#length++;
      this.numberCells++;
      this.#numbers.push(value);
    } else {
      const spelling = this.#hasSpelling;
      // As the column writes numbers, or it would be taken for another one among texts.
      const text = this.#isComma ? String(value).replace(".", ",") : String(value);
      this.#length++;
      this.#push(this.#dictionary!.get(text) ?? this.#addLevel(text, value, position));
      this.#hasSpelling = spelling;
    }
  }

  /** The column, its memory taken over from the builder. The builder cannot be used after. */
  finish(): Column {
    if (this.spoiled) {
      throw new HypersphereError("internal", `Column "${this.name}" must be built again with its texts.`);
    }
    const { name } = this;
    const { kind, decimal, notation: known } = this.#options;
    const stated = this.#hasSpelling && decimal === "," ? { decimal } : undefined;
    if (this.#numbers) return numericColumn(name, this.#numbers.take(), notationOf(known) ?? stated);
    const inferred = this.#infer();
    if (kind === "numeric" && inferred !== undefined && inferred.is !== "numbers") {
      throw notNumeric(this.#findings());
    }
    const codes = this.#codes.take();
    this.#dictionary = undefined;
    const isNumeric = this.textCells === 0 ? !this.#isCategorical() : inferred?.is === "numbers";
    if (!isNumeric) return { kind: "categorical", name, codes, levels: this.#levels };
    const notation = inferred?.is === "numbers" ? inferred.notation : (notationOf(known) ?? stated);
    const read = notation === undefined ? this.#read : readerOf({ ...this.#options, notation });
    // All anew: in another notation a plain "1.234" may be another number, too.
    const levels =
      inferred === undefined
        ? this.#levelValues
        : this.#levels.map((text, code) => (this.#missingAmongNumbers.has(code) ? Number.NaN : read(text)!));
    const values = new Float64Array(codes.length);
    for (let i = 0; i < codes.length; i++) values[i] = codes[i]! < 0 ? Number.NaN : levels[codes[i]!]!;
    return numericColumn(name, values, notation);
  }

  /** What a user should know about how this column was read: sentences, usually none. Call before `finish`. */
  warnings(): string[] {
    return this.#options.kind === "categorical" || this.spoiled ? [] : warningsOf(this.#findings());
  }

  /** Whether all cells are numbers but for the first text, which stands there once. Call before `finish`. */
  isNumericBut(position: number): boolean {
    const inferred = this.spoiled ? undefined : this.#infer();
    return (
      this.firstText?.position === position &&
      inferred?.is === "texts" &&
      inferred.others.length === 1 &&
      inferred.others[0]!.cells === 1 &&
      inferred.others[0]!.text === this.firstText.cell &&
      inferred.numbers > 0
    );
  }

  /** What `joinedWarnings` needs to know. Call before `finish`. */
  said(): ColumnWarnings {
    const { name } = this;
    if (this.textCells === 0 && this.#bare === undefined) return { name, warnings: [], reading: undefined };
    const isKnown = this.#options.kind === "categorical" || this.spoiled;
    return {
      name,
      warnings: this.warnings(),
      reading: isKnown ? undefined : readingOf(this.#findings()),
    };
  }

  #findings(): ColumnFindings {
    const { name, firstText, numberCells, textCells } = this;
    const { kind } = this.#options;
    const firstAt = (text: string): number | undefined => this.#firstAt[this.#levels.indexOf(text)];
    return {
      ...{ name, kind, firstText, numberCells, textCells, firstAt, inferred: this.#infer() },
      ...{
        source: this.#source,
        unit: this.#unit,
        bare: this.#bare,
        notation: notationOf(this.#options.notation),
        texts: () => this.#counted(),
      },
    };
  }

  /** What the texts are together; undefined where there are none, or nothing is to be found out. */
  #infer(): Inferred | undefined {
    const { kind, notation, verbatim, decimal } = this.#options;
    if (this.textCells === 0 || kind === "categorical") return undefined;
    if ((notation !== undefined || verbatim) && kind === undefined) return undefined;
    this.#inferred ??= inferNotation(this.#counted(), { decimal, forced: kind === "numeric" });
    return this.#inferred;
  }

  /** Without texts, whether the column is one of categories all the same. */
  #isCategorical(): boolean {
    const { kind, verbatim } = this.#options;
    if (kind !== undefined) return kind === "categorical";
    if (this.numberCells === 0 && this.#missingAmongNumbers.size > 0) return true;
    return this.#hasInexact && (verbatim === true || becomeEqual(this.#levels, this.#levelValues));
  }

  /** Levels with their cells, but for those that mean "no value" among numbers. Counted once, when all are there. */
  #counted(): readonly CountedText[] {
    this.#counts ??= this.#countedAnew();
    return this.#counts;
  }

  #countedAnew(): CountedText[] {
    const cells = new Float64Array(this.#levels.length);
    this.#codes.forEach((code) => {
      if (code >= 0) cells[code]!++;
    });
    return this.#levels
      .map((text, code) => ({ text, cells: cells[code]! }))
      .filter((_, code) => !this.#missingAmongNumbers.has(code));
  }

  #count(code: number): void {
    if (!Number.isNaN(this.#levelValues[code])) this.numberCells++;
    else if (!this.#missingAmongNumbers.has(code)) this.textCells++;
  }

  #appendNew(cell: string, position: number): void {
    const trimmed = bareCell(cell);
    if (this.#missing.has(trimmed)) {
      this.#dictionary!.set(ownCopy(cell), -1);
      this.#codes.push(-1);
      return;
    }
    let code = this.#dictionary!.get(trimmed);
    code ??= this.#addLevel(
      trimmed,
      this.#options.kind === "categorical" ? undefined : this.#read(trimmed),
      position,
    );
    // Cells that differ in white space only are few; remembering them saves trimming each time.
    if (cell.length !== trimmed.length) this.#dictionary!.set(ownCopy(cell), code);
    this.#push(code);
  }

  #push(code: number): void {
    this.#codes.push(code);
    this.#count(code);
    const { kind, keepTexts } = this.#options;
    const mayBeNumeric = kind !== "categorical" && this.textCells === 0 && !this.#hasInexact && !keepTexts;
    if (mayBeNumeric && this.#levels.length > dictionaryLimit) this.#becomeNumbers();
  }

  #addLevel(trimmed: string, value: number | undefined, position: number): number {
    const { kind, verbatim } = this.#options;
    const code = this.#levels.length;
    const text = ownCopy(trimmed);
    if (value !== undefined) {
      this.#hasSpelling = true;
      if (kind === undefined && isInexact(trimmed, value)) this.#hasInexact = true;
      this.#noteBare(trimmed, position);
    } else if (kind !== "categorical" && !verbatim && this.#missing.hasAmongNumbers(trimmed)) {
      this.#hasSpelling = true;
      this.#missingAmongNumbers.add(code);
    } else this.firstText ??= { position, cell: text };
    this.#levels.push(text);
    this.#levelValues.push(value ?? Number.NaN);
    this.#firstAt.push(position);
    this.#dictionary!.set(text, code);
    return code;
  }

  #appendToNumbers(cell: string, position: number): void {
    this.#length++;
    const value = this.#read(cell);
    if (value !== undefined && !(this.#options.kind === undefined && isInexact(cell, value))) {
      this.#hasSpelling = true;
      if (this.spoiled) return;
      this.#noteBare(cell, position);
      if (this.#missing.hasNumbers && this.#missing.hasNumber(value)) this.#numbers!.push(Number.NaN);
      else {
        this.numberCells++;
        this.#numbers!.push(value);
      }
      return;
    }
    if (this.spoiled) return;
    const trimmed = bareCell(cell);
    if (this.#missing.has(trimmed)) this.#numbers!.push(Number.NaN);
    else if (value === undefined && !this.#options.verbatim && this.#missing.hasAmongNumbers(trimmed)) {
      this.#hasSpelling = true;
      this.#numbers!.push(Number.NaN);
    } else if (this.#hasSpelling) {
      this.firstText ??= { position, cell: ownCopy(trimmed) };
      this.spoiled = true;
      this.#numbers = growableFloats();
    } else {
      this.#becomeDictionary();
      this.#appendNew(cell, position);
    }
  }

  #noteBare(cell: string, position: number): void {
    const { affix, duration } = notationOf(this.#options.notation) ?? {};
    if ((affix === undefined && duration === undefined) || this.#bare !== undefined) return;
    const number = durationOf(cell) === undefined || affix !== undefined ? takeApart(cell) : undefined;
    if (number?.affix === "" && number.byPoint !== 0) this.#bare = { position, cell: ownCopy(cell.trim()) };
  }

  #becomeNumbers(): void {
    const numbers = growableFloats();
    this.#codes.forEach((code) => {
      numbers.push(code < 0 ? Number.NaN : this.#levelValues[code]!);
    });
    this.#numbers = numbers;
    this.#dictionary = undefined;
    this.#levels = [];
    this.#levelValues = [];
    this.#firstAt = [];
    this.#codes = growableInts();
  }

  /** Back to texts, which is exact only because every number came as a number: its text is its shortest form. */
  #becomeDictionary(): void {
    const dictionary = new Map<string, number>();
    const codes = growableInts();
    this.#numbers!.forEach((value, row) => {
      if (Number.isNaN(value)) {
        codes.push(-1);
        return;
      }
      const text = String(value);
      let code = dictionary.get(text);
      if (code === undefined) {
        code = this.#levels.length;
        dictionary.set(text, code);
        this.#levels.push(text);
        this.#levelValues.push(value);
        this.#firstAt.push(row + 1);
      }
      codes.push(code);
    });
    this.#numbers = undefined;
    this.#dictionary = dictionary;
    this.#codes = codes;
  }
}

/** How a column's options make numbers of its cells. */
function readerOf({ kind, decimal, notation }: ColumnBuilderOptions): (cell: string) => number | undefined {
  // A model of plain numbers knows separators and parentheses where they cannot mean anything else: in extremes.
  const noted = notation === "plain" ? {} : notation;
  const mark = noted?.decimal ?? (notation === undefined ? decimal : undefined);
  const plain = mark === "," ? undefined : parseNumber;
  const decorated = noted ?? (mark === "," ? { decimal: mark } : undefined);
  const read = (cell: string): number | undefined =>
    plain?.(cell) ?? (decorated && parseNoted(cell, decorated));
  const simple = decorated === undefined ? parseNumber : read;
  if (kind !== "numeric") return simple;
  return (cell) => simple(cell) ?? truth(cell.trim().toLowerCase());
}

const truth = (word: string): number | undefined => (word === "true" ? 1 : word === "false" ? 0 : undefined);

const notationOf = (notation: NumberNotation | "plain" | undefined): NumberNotation | undefined =>
  notation === "plain" ? undefined : notation;

const numericColumn = (name: string, values: Float64Array, notation: NumberNotation | undefined): Column => ({
  kind: "numeric",
  name,
  values,
  ...(notation && { notation }),
});

/** An integer written out that another number stands for. */
function isInexact(cell: string, value: number): boolean {
  if (!(Math.abs(value) > Number.MAX_SAFE_INTEGER) || !Number.isFinite(value)) return false;
  const digits = /^([-+]?\d+)(?:\.0*)?$/.exec(plainDigits(cell).trim())?.[1];
  return digits !== undefined && BigInt(digits.replace("+", "")) !== BigInt(value);
}

/** Whether integers with different digits are the same number. */
function becomeEqual(levels: readonly string[], values: readonly number[]): boolean {
  const digits = new Map<number, string>();
  return values.some((value, code) => {
    if (!(Math.abs(value) > Number.MAX_SAFE_INTEGER)) return false;
    const text = plainDigits(levels[code]!)
      .replace(/^([-+]?)0+(?=\d)/, "$1")
      .replace(/^\+|\.0*$/g, "");
    const known = digits.get(value);
    digits.set(value, text);
    return known !== undefined && known !== text;
  });
}

/**
 * A part of a longer string is only a view of it, and keeping it would keep the whole piece of file it was cut from.
 * A round trip through JSON is the copy that every engine makes; strings below 13 characters are copied anyway.
 */
function ownCopy(text: string): string {
  return text.length < 13 ? text : (JSON.parse(JSON.stringify(text)) as string);
}

import { HypersphereError } from "../../errors.js";
import { defaultMissingTokens, parseNumber } from "../../text/parse-number.js";
import { type Growable, growableFloats, growableInts } from "./growable.js";
import type { Column } from "./table.js";

export type ColumnKind = "numeric" | "categorical";

export interface ColumnBuilderOptions {
  /** Overrides the inference: "numeric" makes text an error, "categorical" keeps numbers as texts. */
  kind?: ColumnKind | undefined;
  /** Cells that mean "no value", compared after trimming. The empty cell is always one. */
  missing?: ReadonlySet<string> | undefined;
  /** For messages: the file, and what `position` counts ("line", "row"). */
  source?: string;
  unit?: string;
}

/**
 * Distinct texts up to which a column is kept as a dictionary of texts, whatever they are. Within it a column of numbers
 * can still turn out to be categorical without any text being lost.
 */
const dictionaryLimit = 4096;

/** Share of numbers, and cells seen, from which on a text looks like a slip rather than like a category. */
const slipShare = 0.99;
const slipCells = 20;

/**
 * Builds one column from cells that come one by one, and finds out what it is: numeric when every cell that is not missing
 * states a number (Infinity is one), categorical otherwise. "true" and "false" are texts, hence categories;
 * in a column forced to be numeric they are 1 and 0. White space around a cell is not part of it.
 *
 * Memory: a dictionary and 4 bytes per cell up to 4096 distinct texts, 8 bytes per cell for numbers beyond that. A text that
 * appears after the texts of the numbers before it were let go makes the builder `spoiled`: the column is categorical, but
 * has to be built again from the start with `kind: "categorical"` to have its texts as they were written.
 */
export class ColumnBuilder {
  readonly name: string;
  /** The column must be read again as categorical; `finish` would lose texts and throws. */
  spoiled = false;
  /** First text in the column: where, and what. */
  firstText: { position: number; cell: string } | undefined;
  numberCells = 0;
  textCells = 0;

  #kind: ColumnKind | undefined;
  #missing: ReadonlySet<string>;
  #source: string;
  #unit: string;
  #length = 0;
  /** Present while the column is a dictionary; undefined once it is plain numbers. */
  #dictionary: Map<string, number> | undefined = new Map();
  #levels: string[] = [];
  #levelValues: number[] = [];
  #codes: Growable<Int32Array> = growableInts();
  #numbers: Growable<Float64Array> | undefined;
  /** Whether a number came from a text, whose exact spelling numbers alone do not tell. */
  #hasSpelling = false;

  constructor(name: string, options: ColumnBuilderOptions = {}) {
    this.name = name;
    this.#kind = options.kind;
    this.#missing = options.missing ?? defaultMissing;
    this.#source = options.source ?? "<memory>";
    this.#unit = options.unit ?? "row";
    if (options.kind === "numeric") this.#becomeNumbers();
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
    if (Number.isNaN(value)) {
      this.appendMissing();
    } else if (this.#numbers && !this.spoiled) {
      this.#length++;
      this.numberCells++;
      this.#numbers.push(value);
    } else {
      const spelling = this.#hasSpelling;
      this.append(String(value), position);
      this.#hasSpelling = spelling;
    }
  }

  /** The column, its memory taken over from the builder. The builder cannot be used after. */
  finish(): Column {
    if (this.spoiled) {
      throw new HypersphereError("internal", `Column "${this.name}" must be built again as categorical.`);
    }
    const { name } = this;
    if (this.#numbers) return { kind: "numeric", name, values: this.#numbers.take() };
    const codes = this.#codes.take();
    this.#dictionary = undefined;
    if (this.#kind !== "categorical" && this.textCells === 0) {
      const values = new Float64Array(codes.length);
      for (let i = 0; i < codes.length; i++) {
        const code = codes[i]!;
        values[i] = code < 0 ? Number.NaN : this.#levelValues[code]!;
      }
      return { kind: "numeric", name, values };
    }
    return { kind: "categorical", name, codes, levels: this.#levels };
  }

  /** What a user should know about how this column was read: sentences, usually none. Call before `finish`. */
  warnings(): string[] {
    const { numberCells, textCells, firstText } = this;
    const cells = numberCells + textCells;
    if (this.#kind !== undefined || firstText === undefined) return [];
    if (cells >= slipCells && numberCells > slipShare * cells) {
      const are = textCells === 1 ? "1 is" : `${textCells} are`;
      return [
        `Column "${this.name}" is read as categorical: of its ${cells} cells ${are} not a number, ` +
          `first ${show(firstText.cell)} on ${this.#unit} ${firstText.position}. If that is a slip, correct it, ` +
          `name it as a missing value, or force the column to be numeric.`,
      ];
    }
    const commas = this.#levels.filter((level) => decimalComma.test(level)).length;
    if (numberCells + textCells >= slipCells && commas > 0.5 * this.#levels.length) {
      return [
        `Column "${this.name}" is read as categorical: its cells look like numbers with a decimal comma ` +
          `(${show(firstText.cell)} on ${this.#unit} ${firstText.position}). Write them with a decimal point.`,
      ];
    }
    return [];
  }

  #count(code: number): void {
    if (Number.isNaN(this.#levelValues[code])) this.textCells++;
    else this.numberCells++;
  }

  #appendNew(cell: string, position: number): void {
    const dictionary = this.#dictionary!;
    const trimmed = cell.trim();
    if (trimmed === "" || this.#missing.has(trimmed)) {
      dictionary.set(ownCopy(cell), -1);
      this.#codes.push(-1);
      return;
    }
    let code = dictionary.get(trimmed);
    if (code === undefined) {
      const value = this.#kind === "categorical" ? undefined : parseNumber(trimmed);
      if (value === undefined) this.firstText ??= { position, cell: ownCopy(trimmed) };
      else this.#hasSpelling = true;
      code = this.#levels.length;
      const text = ownCopy(trimmed);
      this.#levels.push(text);
      this.#levelValues.push(value ?? Number.NaN);
      dictionary.set(text, code);
    }
    // Cells that differ in white space only are few; remembering them saves trimming each time.
    if (cell.length !== trimmed.length) dictionary.set(ownCopy(cell), code);
    this.#codes.push(code);
    this.#count(code);
    if (this.#kind === undefined && this.textCells === 0 && this.#levels.length > dictionaryLimit) {
      this.#becomeNumbers();
    }
  }

  #appendToNumbers(cell: string, position: number): void {
    this.#length++;
    const value = parseNumber(cell);
    if (value !== undefined) {
      this.numberCells++;
      this.#hasSpelling = true;
      if (!this.spoiled) this.#numbers!.push(value);
      return;
    }
    const trimmed = cell.trim();
    if (trimmed === "" || this.#missing.has(trimmed)) {
      if (!this.spoiled) this.#numbers!.push(Number.NaN);
    } else if (this.#kind === "numeric") {
      this.numberCells++;
      this.#numbers!.push(this.#forcedNumber(trimmed, position));
    } else {
      this.firstText ??= { position, cell: ownCopy(trimmed) };
      if (!this.spoiled && !this.#hasSpelling) {
        this.#becomeDictionary();
        this.#appendNew(cell, position);
        return;
      }
      this.textCells++;
      this.spoiled = true;
      this.#numbers = growableFloats();
    }
  }

  #forcedNumber(cell: string, position: number): number {
    const word = cell.toLowerCase();
    if (word === "true") return 1;
    if (word === "false") return 0;
    throw new HypersphereError(
      "unreadable-data",
      `${this.#source}: column "${this.name}" was to be numeric, but has ${show(cell)} on ${this.#unit} ${position}.`,
      { hint: "Correct the cell, name it as a missing value, or do not force the column to be numeric." },
    );
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
    this.#codes = growableInts();
  }

  /** Back to texts, which is exact only because every number came as a number: its text is its shortest form. */
  #becomeDictionary(): void {
    const dictionary = new Map<string, number>();
    const codes = growableInts();
    this.#numbers!.forEach((value) => {
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
      }
      codes.push(code);
    });
    this.#numbers = undefined;
    this.#dictionary = dictionary;
    this.#codes = codes;
  }
}

const defaultMissing: ReadonlySet<string> = new Set(defaultMissingTokens);
const decimalComma = /^[+-]?\d+,\d+$/;

/**
 * A part of a longer string is only a view of it, and keeping it would keep the whole piece of file it was cut from.
 * A round trip through JSON is the copy that every engine makes; strings below 13 characters are copied anyway.
 */
function ownCopy(text: string): string {
  return text.length < 13 ? text : (JSON.parse(JSON.stringify(text)) as string);
}

/** A cell in quotes, cut to a length that fits in a message. */
export function show(cell: string): string {
  return JSON.stringify(cell.length > 60 ? `${cell.slice(0, 57)}...` : cell);
}

import { parseNumber } from "./parse-number.js";

/**
 * Cells that mean "no value" in any column unless the caller says otherwise, in these spellings: those that pandas reads
 * as missing (`pandas._libs.parsers.STR_NA_VALUES`), and the "?" of the UCI repository. An empty cell always does. A
 * category may well be called "none" or "-", so other spellings count among numbers only.
 */
export const defaultMissingTokens: readonly string[] = [
  ...["", "NA", "N/A", "n/a", "<NA>", "NaN", "nan", "-NaN", "-nan", "null", "NULL", "None", "?"],
  ...["#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "1.#IND", "1.#QNAN"],
];

/**
 * Cells that mean "no value" where the other cells of the column are numbers, in any case: what pandas, R, SQL dumps, SAS
 * and Windows' C library write in the place of a number, and the errors of spreadsheets.
 */
export const defaultMissingAmongNumbers: readonly string[] = [
  ...[
    "na",
    "n/a",
    "n.a.",
    "n.a",
    "n. a.",
    "n/d",
    "nd",
    "n.d.",
    "n.d",
    "n. d.",
    "<na>",
    "nan",
    "-nan",
    "+nan",
    "nat",
    "null",
    "(null)",
    "<null>",
  ],
  ...["[null]", "none", "nil", "\\n", "-", "--", "---", "–", "—", ".", "..", "...", "?", "??", "*"],
  ...["missing", "unknown", "undefined", "(blank)", "not available", "not applicable", "no data", "nodata"],
  ...[
    "#n/a",
    "#n/a n/a",
    "#na",
    "#div/0!",
    "#value!",
    "#ref!",
    "#name?",
    "#num!",
    "#null!",
    "#error!",
    "#spill!",
  ],
  // The same in German, French, Spanish, Italian and Portuguese, where they differ.
  ...["#nv", "#wert!", "#bezug!", "#zahl!", "#n/d", "#valeur!", "#nombre!", "#nom?", "#nul!"],
  ...["#¡div/0!", "#¡valor!", "#¡ref!", "#¡num!", "#¿nombre?", "#¡nulo!"],
  ...["#valore!", "#rif!", "#nome?", "#nullo!", "#valor!", "#núm!", "#nulo!"],
  ...["-1.#ind", "1.#ind", "-1.#qnan", "1.#qnan", "1.#snan", "nan(ind)", "-nan(ind)", "nan(snan)"],
];

/** Which cells mean "no value", for one reading of data; it keeps count of those that came. */
export class MissingTokens {
  readonly #everywhere: ReadonlySet<string>;
  readonly #amongNumbers: ReadonlySet<string>;
  readonly #numbers: ReadonlyMap<number, string>;
  readonly #given: readonly string[] | undefined;
  readonly #met = new Set<string>();

  /**
   * @param given instead of the defaults, in every column: a text as it is written, a number however it is written
   * @param amongNumbers further texts, in any case, where the other cells are numbers; default: none where `given` is
   */
  constructor(given?: readonly string[], amongNumbers?: readonly string[]) {
    const tokens = (given ?? defaultMissingTokens).map((token) => token.trim());
    const others = amongNumbers ?? (given === undefined ? defaultMissingAmongNumbers : []);
    this.#given = given === undefined ? undefined : tokens;
    this.#everywhere = new Set(tokens);
    this.#amongNumbers = new Set(others.map((token) => token.toLowerCase()));
    this.#numbers = new Map(
      tokens.flatMap((token) => {
        const value = parseNumber(token);
        return value === undefined ? [] : [[value, token] as const];
      }),
    );
  }

  /** Whether a token is a number, so that values of formats with numbers of their own are to be compared, too. */
  get hasNumbers(): boolean {
    return this.#numbers.size > 0;
  }

  /** @param cell without white space around it */
  has(cell: string): boolean {
    if (cell === "") return true;
    if (!this.#everywhere.has(cell)) {
      if (this.#numbers.size === 0) return false;
      const value = parseNumber(cell);
      return value !== undefined && this.hasNumber(value);
    }
    this.#met.add(cell);
    return true;
  }

  hasNumber(value: number): boolean {
    const token = this.#numbers.get(value);
    if (token === undefined) return false;
    this.#met.add(token);
    return true;
  }

  /** Whether a cell that is a text elsewhere means "no value" among numbers. */
  hasAmongNumbers(cell: string): boolean {
    return cell.length <= 16 && this.#amongNumbers.has(cell.toLowerCase());
  }

  /** Tokens that some cell was, for another instance to `meet`. */
  get met(): readonly string[] {
    return [...this.#met];
  }

  /** Counts tokens as having come: those that the reading of a part elsewhere has met. */
  meet(tokens: Iterable<string>): void {
    for (const token of tokens) this.#met.add(token);
  }

  /** Those of the given tokens that no cell was. */
  get neverMet(): readonly string[] {
    // Spellings of one number are one token.
    const numbers = new Set([...this.#met].map(parseNumber));
    return (this.#given ?? []).filter(
      (token) => token !== "" && !this.#met.has(token) && !numbers.has(parseNumber(token) ?? Number.NaN),
    );
  }
}

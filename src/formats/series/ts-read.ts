import type { SeriesSet } from "../../data/series/series.js";
import { seriesOfSteps } from "../../data/series/windows.js";
import { type Growable, growableFloats } from "../../data/table/growable.js";
import { makeTable } from "../../data/table/make-table.js";
import type { CategoricalColumn } from "../../data/table/table.js";
import { HypersphereError } from "../../errors.js";
import { parseNumber } from "../../text/parse-number.js";
import { shown } from "../../text/shown.js";
import { splitLines, textPieces } from "../text-pieces.js";

export interface TsFile {
  /** One window per case; the dimensions are channels x0, x1, ... */
  readonly series: SeriesSet;
  /** The class of each window as a column named "class"; undefined where the file states none. */
  readonly classes: CategoricalColumn | undefined;
}

/** What the lines before @data say, as far as it matters. */
interface Header {
  dimensions: number | undefined;
  /** Whether cases end in a class; an empty set where the file does not list the classes. */
  classes: ReadonlySet<string> | undefined;
}

/**
 * Reads a `.ts` file of the UCR, UEA and sktime archives: header lines "@name value", then one case per line, values
 * separated by commas, dimensions by colons, the class last; "?" and NaN are missing.
 * @throws HypersphereError `unreadable-data` for lines that do not fit the format; `unfit-data` for cases with time stamps or of
 * unequal length
 */
export async function readTs(bytes: AsyncIterable<Uint8Array>, source: string): Promise<TsFile> {
  const position = { line: 1 };
  const header: Header = { dimensions: undefined, classes: undefined };
  let cases: Cases | undefined;
  for await (const piece of textPieces(bytes, source, position)) {
    for (const raw of splitLines(piece)) {
      const line = raw.trim();
      const fail = (what: string, hint: string): never => {
        throw new HypersphereError("unreadable-data", `${source}: line ${position.line} ${what}.`, { hint });
      };
      if (line !== "" && !/^[#%]/.test(line)) {
        if (cases !== undefined) cases.add(line, position.line);
        else if (/^@data\b/i.test(line)) cases = new Cases(header, source);
        else if (line.startsWith("@")) readHeaderLine(line, header, source, fail);
        else fail("is no header line, and @data has not come yet", "Is this a .ts file of the UCR archive?");
      }
      position.line++;
    }
  }
  if (cases === undefined || cases.count === 0) {
    throw new HypersphereError("unreadable-data", `${source} ends before its first case.`, {
      hint: "Was it written to the end?",
    });
  }
  return cases.finish();
}

function readHeaderLine(
  line: string,
  header: Header,
  source: string,
  fail: (what: string, hint: string) => never,
): void {
  const [key = "", first = "", ...rest] = line.split(/\s+/);
  const value = first.toLowerCase();
  switch (key.toLowerCase()) {
    case "@timestamps":
      if (value === "true") throw timeStamps(source);
      break;
    case "@dimensions":
    case "@dimension":
      header.dimensions = Number(value);
      if (!(Number.isInteger(header.dimensions) && header.dimensions > 0)) {
        fail(`states ${shown(first)} dimensions`, "A whole number from 1 on was expected.");
      }
      break;
    case "@univariate":
      if (value === "true") header.dimensions = 1;
      break;
    case "@classlabel":
    case "@targetlabel":
      if (value === "true") header.classes = new Set(rest);
      break;
  }
}

function timeStamps(source: string): HypersphereError {
  return new HypersphereError(
    "unfit-data",
    `${source}: its cases have time stamps, which are not read from .ts files.`,
    {
      hint: "Write the series as a table (CSV, Parquet) with a time column and an entity column that numbers the cases.",
    },
  );
}

/** The cases so far: all steps of each channel, case after case. */
class Cases {
  count = 0;
  readonly #header: Header;
  readonly #source: string;
  #channels: Growable<Float64Array>[] = [];
  #steps = 0;
  readonly #codes: number[] = [];
  readonly #classes = new Map<string, number>();

  constructor(header: Header, source: string) {
    this.#header = header;
    this.#source = source;
  }

  add(line: string, lineNumber: number): void {
    const parts = line.split(":");
    // A time of day within a time stamp has colons too, so this comes before dimensions are counted.
    if (line.startsWith("(")) throw timeStamps(this.#source);
    if (this.#header.classes !== undefined) this.#addClass(parts, this.#header.classes, lineNumber);
    if (this.count === 0) this.#channels = parts.map(() => growableFloats());
    const expected = this.#header.dimensions ?? this.#channels.length;
    if (parts.length !== expected) {
      throw this.#bad(
        lineNumber,
        `has ${parts.length} dimensions, where ${expected} were expected`,
        "Dimensions are separated by colons, and the class stands behind the last one where @classLabel says true.",
      );
    }
    parts.forEach((part, dimension) => {
      this.#addDimension(part.split(","), dimension, lineNumber);
    });
    this.count++;
  }

  finish(): TsFile {
    const columns = this.#channels.map((values, channel) => ({
      kind: "numeric" as const,
      name: `x${channel}`,
      values: values.take(),
    }));
    const series = seriesOfSteps(makeTable(columns, this.#source), this.#steps);
    if (this.#header.classes === undefined) return { series, classes: undefined };
    const [codes, levels] = [Int32Array.from(this.#codes), [...this.#classes.keys()]];
    return { series, classes: { kind: "categorical", name: "class", codes, levels } };
  }

  #addClass(parts: string[], known: ReadonlySet<string>, lineNumber: number): void {
    const name = parts.pop()!.trim();
    if (parts.length === 0 || (known.size > 0 && !known.has(name))) {
      throw this.#bad(
        lineNumber,
        `ends in ${shown(name)}, which is no class`,
        known.size > 0
          ? `The header lists ${[...known].join(", ")}.`
          : "A colon and a class were expected at its end.",
      );
    }
    const code = this.#classes.get(name) ?? this.#classes.size;
    this.#classes.set(name, code);
    this.#codes.push(code);
  }

  #addDimension(cells: readonly string[], dimension: number, lineNumber: number): void {
    if (this.count === 0 && dimension === 0) this.#steps = cells.length;
    if (cells.length !== this.#steps) {
      throw new HypersphereError(
        "unfit-data",
        `${this.#source}: line ${lineNumber} has ${cells.length} steps in dimension ${dimension + 1}, but those before have ${this.#steps}.`,
        {
          hint: "All windows of a model have one length: cut the cases to it, or write them as a table with an entity column and choose a window.",
        },
      );
    }
    const values = this.#channels[dimension]!;
    for (const cell of cells) {
      const text = cell.trim();
      const value = text === "?" || text.toLowerCase() === "nan" ? Number.NaN : parseNumber(text);
      if (value === undefined) {
        throw this.#bad(
          lineNumber,
          `holds ${shown(text)}, which is no number`,
          'A missing value is written "?".',
        );
      }
      values.push(value);
    }
  }

  #bad(lineNumber: number, what: string, hint: string): HypersphereError {
    return new HypersphereError("unreadable-data", `${this.#source}: line ${lineNumber} ${what}.`, { hint });
  }
}

import { HypersphereError } from "../../errors.js";
import type { DurationForm } from "../../text/duration.js";
import type { NumberNotation } from "../../text/number-notation.js";
import { shown } from "../../text/shown.js";
import type { CountedAffix, CountedText, Inferred } from "./infer-notation.js";
import { type SharedShape, sharedShape } from "./text-shapes.js";

/** What was found in a column whose kind no one knew. */
export interface ColumnFindings {
  readonly name: string;
  /** The kind that it is to have. */
  readonly kind: "numeric" | "categorical" | undefined;
  readonly numberCells: number;
  readonly textCells: number;
  /** First text that is no plain number. */
  readonly firstText: { readonly position: number; readonly cell: string } | undefined;
  /** Line or row of the first cell with a text, where it is known. */
  readonly firstAt: (text: string) => number | undefined;
  readonly inferred: Inferred | undefined;
  /** The different texts, but for those that mean "no value". */
  readonly texts: () => readonly CountedText[];
  /** How the column is known to write numbers, and the first cell without the unit of that. */
  readonly notation: NumberNotation | undefined;
  readonly bare: { readonly position: number; readonly cell: string } | undefined;
  readonly source: string;
  /** What positions count. */
  readonly unit: string;
}

/** Cells seen from which on a text among numbers looks like a slip rather than like a category. */
const LEAST_CELLS = 20;
/** Share of numbers above which it does, if they are many different ones; few may be the codes of categories. */
const MOSTLY = 0.5;
const MANY = 10;
/** So many units with ten different numbers each, and all are numbers; sizes and seats have more letters or fewer numbers. */
const FEW_UNITS = 3;
/** Share of numbers above which it does in any case. */
const NEARLY_ALL = 0.9;

/** How a column of decorated numbers was read. */
export interface ColumnReading {
  /** " with a decimal comma", behind "read as numbers". */
  readonly how: string;
  /** "\"1,5\" as 1.5" */
  readonly examples: readonly string[];
}

/** What is to be said of a column. */
export interface ColumnWarnings {
  readonly name: string;
  readonly warnings: readonly string[];
  /** Present where the one warning says how decorated numbers were read. */
  readonly reading: ColumnReading | undefined;
}

/** Undefined where there is nothing to say, or more than that. */
export function readingOf({ inferred, bare }: ColumnFindings): ColumnReading | undefined {
  if (bare !== undefined || inferred?.is !== "numbers" || inferred.against !== undefined) return undefined;
  const { decimal, duration } = inferred.notation;
  const comma = decimal === "," ? " with a decimal comma" : "";
  return {
    how: duration === undefined ? comma : ` of ${durationUnit(duration)}`,
    examples: inferred.examples.map(({ text, value }) => `${shown(text)} as ${value}`),
  };
}

/** Sentences about how a column was read; usually none. */
export function warningsOf(findings: ColumnFindings): string[] {
  const { name, inferred, numberCells, textCells, bare, notation, unit } = findings;
  const { affix, duration } = notation ?? {};
  const cells = numberCells + textCells;
  if (bare !== undefined) {
    return [
      `Column "${name}" holds numbers without ${duration === undefined ? shown(affix!) : "a unit of time"}, first ${shown(bare.cell)} on ${unit} ${bare.position}; ` +
        `they are taken as being in ${duration === undefined ? "it" : durationUnit(duration)}, as the model's are.`,
    ];
  }
  if (inferred === undefined) return [];
  const categorical = `Column "${name}" is read as categorical: `;
  switch (inferred.is) {
    case "numbers": {
      if (inferred.against !== undefined) {
        const mark = inferred.notation.decimal === "," ? "comma" : "point";
        return [
          `Column "${name}" is read with a decimal ${mark}, for ${shown(inferred.against)} is no number with what option "decimal" says.`,
        ];
      }
      const { how, examples } = readingOf(findings)!;
      return [`Column "${name}" is read as numbers${how}: ${examples.join(", ")}.`];
    }
    case "ambiguous":
      return [`${categorical}${ambiguity(inferred)}`];
    case "mixed":
      return cells >= LEAST_CELLS &&
        (inferred.affixes[0]!.cells > MOSTLY * cells || fewUnits(inferred.affixes))
        ? [`${categorical}${mixture(inferred)}`]
        : [];
    case "texts": {
      const { numbers, others, different } = inferred;
      if (cells < LEAST_CELLS) return [];
      const isMostly = numbers > (different >= MANY ? MOSTLY : NEARLY_ALL) * cells;
      const shape = isMostly ? undefined : sharedShape(findings.texts());
      if (shape !== undefined && !shape.plain) return [`${categorical}${sameShape(shape)}`];
      if (!isMostly && shape === undefined) return [];
      return [
        `${categorical}of its ${cells} cells ${notNumbers(findings, others)}. ` +
          'If such cells mean a missing value, name them with option "missing"; if they are slips, correct them; if the ' +
          'column holds categories, say so with option "columnTypes".',
      ];
    }
  }
}

function sameShape({ count, of, examples }: SharedShape): string {
  const listed = examples.map((text) => shown(text)).join(", ");
  return (
    `${count} of its ${of} different texts are the same but for their digits (${listed}). If they state a number, write it ` +
    'plainly; if they are names of categories, say so with option "columnTypes"; otherwise leave the column out with ' +
    'option "exclude".'
  );
}

/** Whether many numbers carry each of a few units, of which one at least is no letter that begins or ends a name, or stands by decimals. */
const fewUnits = (affixes: readonly CountedAffix[]): boolean =>
  affixes.length <= FEW_UNITS &&
  affixes.every(({ different }) => different >= MANY) &&
  affixes.some(({ text, different, marked }) => !/^\p{L}/u.test(text) || marked > MOSTLY * different);

const durationUnit = (form: DurationForm): string =>
  form === "short"
    ? "minutes or seconds, whichever stand behind the colon"
    : form === "12-hour"
      ? "seconds since midnight"
      : "seconds";

/** "12 are not a number, first "off" on line 3 ("off" 10 times, "err" 2 times)" */
function notNumbers({ firstAt, unit }: ColumnFindings, others: readonly CountedText[]): string {
  const count = others.reduce((sum, { cells }) => sum + cells, 0);
  const first = others[0]!;
  const where = `first ${shown(first.text)} on ${unit} ${firstAt(first.text) ?? "?"}`;
  return `${count === 1 ? "1 is" : `${count} are`} not a number, ${where} (${frequent(others)})`;
}

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

const frequent = (texts: readonly CountedText[]): string =>
  [...texts]
    .sort((a, b) => b.cells - a.cells)
    .slice(0, 3)
    .map(({ text, cells }) => `${shown(text)} ${times(cells)}`)
    .join(", ") + (texts.length > 3 ? ", ..." : "");

function ambiguity({ examples, why }: Extract<Inferred, { is: "ambiguous" }>): string {
  const [first, second] = examples;
  const example = shown(first!.text);
  if (why === "duration") {
    return (
      `its lengths of time are ambiguous: ${example} may be hours and minutes, or minutes and seconds, beside ` +
      `${shown(second!.text)}. Write all of them with hours, minutes and seconds.`
    );
  }
  if (why === "half-days") {
    return (
      `its times of day are ambiguous: ${example} is by a clock of twelve hours, and ${shown(second!.text)} beside it may be so, ` +
      "too. Write all of them in one way."
    );
  }
  if (why === "frames") {
    return (
      `its lengths of time are ambiguous: ${example} may end in seconds, or in frames of a film, and no cell ends in 30 or ` +
      `more. Write days with a d (1d 02:03:04), or make the column numeric with option "columnTypes".`
    );
  }
  if (why === "parentheses") {
    return (
      `numbers in parentheses such as ${example} (${frequent(examples)}) are ambiguous: they mean a minus beside positive ` +
      "numbers without parentheses, and beside no other minus. Write them with a minus or without parentheses."
    );
  }
  if (why === "both-marks") {
    return (
      `the decimal mark is ambiguous: ${example} has a point and ${shown(second!.text)} a comma. ` +
      "Write all numbers with a decimal point."
    );
  }
  const mark = first!.text.includes(",") ? "comma" : "point";
  const kinds = mark === "comma" ? "1234 or 1.234" : "1.234 or 1234";
  return (
    `its ${mark} is ambiguous, for it may separate thousands or decimals (${frequent(examples)}; as "1${mark === "comma" ? "," : "."}234" may be ${kinds}). ` +
    'Say which mark is before the decimals with option "decimal".'
  );
}

function mixture({ affixes }: Extract<Inferred, { is: "mixed" }>): string {
  const listed = affixes
    .slice(0, 4)
    .map(
      ({ text, cells }) =>
        `${text === "" ? "none" : shown(text)} in ${cells} ${cells === 1 ? "cell" : "cells"}`,
    );
  const units = affixes.filter(({ text }) => text !== "");
  const settle =
    units.length === 1
      ? `To take those without as being in ${shown(units[0]!.text)}, make the column numeric with option "columnTypes"; otherwise`
      : "To have numbers,";
  return `its numbers carry different units (${listed.join(", ")}). ${settle} bring them to one unit.`;
}

/** What is wrong with a column that was to be numeric. */
export function notNumeric(findings: ColumnFindings): HypersphereError {
  const { name, source, unit, inferred, firstText, firstAt } = findings;
  if (inferred?.is === "ambiguous" || inferred?.is === "mixed") {
    const why = inferred.is === "ambiguous" ? ambiguity(inferred) : mixture(inferred);
    return new HypersphereError(
      "unreadable-data",
      `${source}: column "${name}" was to be numeric, but ${why}`,
    );
  }
  const first = inferred?.is === "texts" ? inferred.others[0]?.text : undefined;
  const cell = first ?? firstText?.cell ?? "";
  const position = (first === undefined ? undefined : firstAt(first)) ?? firstText?.position;
  return new HypersphereError(
    "unreadable-data",
    `${source}: column "${name}" was to be numeric, but has ${shown(cell)} on ${unit} ${position}.`,
    {
      hint: 'Correct the cell, name it as a missing value with option "missing", or do not force the column to be numeric.',
    },
  );
}

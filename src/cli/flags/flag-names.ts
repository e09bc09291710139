/** The flag of an option: hiddenDims as --hidden-dims. */
export function flagOf(option: string): string {
  return `--${FLAGS[option] ?? option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Options of reading data that have flags: what the library calls option "labelColumn" is --label-column here. */
const READING: ReadonlySet<string> = new Set([
  ...["labelColumn", "normalLabel", "anomalyLabel", "normalClass", "labels", "idColumn", "splitColumn"],
  ...["perEntity"],
  ...[
    "window",
    "stride",
    "timeColumn",
    "entityColumn",
    "maxGap",
    "every",
    "fill",
    "season",
    "channels",
    "onCorrupt",
  ],
  ...["columnTypes", "missing", "decimal", "delimiter", "header", "columns", "exclude", "series"],
  ...["maxUnpacked", "maxColumns", "maxPixels", "maxStall"],
]);

/** Flags of the command that runs, such as "--trees". */
let known: ReadonlySet<string> = new Set();

/** Tells which flags the command has: texts of the library then name them. */
export function knowFlags(flags: Iterable<string>): void {
  known = new Set(flags);
}

/**
 * A text of the library in the words of the command line: option "labelColumn", and options of two words as they are, such as
 * calibrationFolds. What stands in quotes is somebody's text and is left alone.
 */
export function inFlags(text: string): string {
  return text
    .replace(/\boption "([a-zA-Z]+)(?:: (\w+))?"/gi, (whole, name: string, value: string | undefined) => {
      const settled = value === undefined ? undefined : SETTLED[`${name}: ${value}`];
      if (settled !== undefined) return settled;
      return READING.has(name) || known.has(flagOf(name)) ? flagOf(name) : whole;
    })
    .replace(/"[^"]*"|(?<![\w./-])[a-z]+(?:[A-Z][a-z]+)+(?![\w./-]\w|\w)/g, (word) =>
      word.startsWith('"') || !known.has(flagOf(word)) ? word : flagOf(word),
    );
}

/** Options whose flags have other names, where a flag is said once for each value. */
const FLAGS: Readonly<Record<string, string>> = {
  columnTypes: "column-type",
  onCorrupt: "skip-corrupt",
};

/** Values of options that are flags by themselves. */
const SETTLED: Readonly<Record<string, string>> = {
  "header: false": "--no-header",
  "force: true": "--force",
  "onCorrupt: skip": "--skip-corrupt",
};

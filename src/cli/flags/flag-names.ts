/** The flag of an option: hiddenDims as --hidden-dims. */
export function flagOf(option: string): string {
  return `--${FLAGS[option] ?? option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Options of reading data that have flags: what the library calls option "labelColumn" is --label-column here. */
const READING: ReadonlySet<string> = new Set([
  ...["labelColumn", "normalLabel", "anomalyLabel", "normalClass", "labels", "idColumn", "splitColumn"],
  ...["window", "stride", "timeColumn", "entityColumn", "maxGap", "every", "fill", "channels", "onCorrupt"],
  ...["columnTypes", "missing", "decimal", "delimiter", "header", "columns", "exclude"],
]);

/** A text of the library in the words of the command line. */
export function inFlags(text: string): string {
  return text.replace(/\boption "([a-zA-Z]+)"/gi, (whole, name: string) =>
    READING.has(name) ? flagOf(name) : whole,
  );
}

/** Options whose flags have other names, where a flag is said once for each value. */
const FLAGS: Readonly<Record<string, string>> = {
  columnTypes: "column-type",
  onCorrupt: "skip-corrupt",
};

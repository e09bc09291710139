/** Data sets of the UCR and UEA archives come as two files: X_TRAIN.ts and X_TEST.ts. */
import type { GivenSplit } from "../../data/samples.js";
import type { SeriesSet } from "../../data/series/series.js";
import { seriesOfSteps } from "../../data/series/windows.js";
import { columnLength, makeTable } from "../../data/table/make-table.js";
import type { CategoricalColumn, Column } from "../../data/table/table.js";
import { HypersphereError } from "../../errors.js";
import type { ByteSource } from "../byte-source.js";
import type { Folder } from "../folder.js";

export interface TsPair {
  readonly train: ByteSource;
  readonly test: ByteSource;
}

/** The two files of the one data set in a folder; undefined where there are none or several. */
export async function tsPair(folder: Folder): Promise<TsPair | undefined> {
  const { files } = await folder.names();
  const ofPart = (part: string) =>
    files.filter((name) => new RegExp(`_${part}\\.ts(\\.gz)?$`, "i").test(name));
  const [train, test] = [ofPart("train"), ofPart("test")];
  const stem = (name: string): string => name.replace(/_(train|test)\.ts(\.gz)?$/i, "");
  if (train.length !== 1 || test.length !== 1 || stem(train[0]!) !== stem(test[0]!)) return undefined;
  return { train: await folder.file(train[0]!), test: await folder.file(test[0]!) };
}

/** Windows that were cut already, and the class of each where it is known. */
interface Windows {
  readonly series: SeriesSet;
  readonly classes: Column | undefined;
}

/**
 * Windows for training, and after them those for testing.
 * @throws HypersphereError `unfit-data` for windows of two lengths, or with other channels
 */
export function joinWindows(
  train: Windows,
  test: Windows,
  source: string,
): Windows & { readonly split: GivenSplit } {
  const shape = ({ layout, steps }: SeriesSet): string =>
    `${layout.window} steps of ${steps.columns.length} ${steps.columns.length === 1 ? "channel" : "channels"}`;
  const [first, second] = [shape(train.series), shape(test.series)];
  if (first !== second) {
    throw new HypersphereError(
      "unfit-data",
      `${source}: the windows for training have ${first}, those for testing ${second}.`,
      { hint: "Both files must be of one data set." },
    );
  }
  const columns = train.series.steps.columns.map((column, k) =>
    joinColumns(column, test.series.steps.columns[k]!),
  );
  const series = seriesOfSteps(makeTable(columns, source), train.series.layout.window);
  const count = train.series.rowCount;
  const rows = (from: number, to: number) => Uint32Array.from({ length: to - from }, (_, k) => from + k);
  return {
    series,
    classes: train.classes && test.classes && joinColumns(train.classes, test.classes),
    split: { train: rows(0, count), test: rows(count, series.rowCount) },
  };
}

/** One column after the other; numbers that stand beside texts become texts. */
function joinColumns(first: Column, second: Column): Column {
  const { name } = first;
  if (first.kind === "numeric" && second.kind === "numeric") {
    const values = new Float64Array(columnLength(first) + columnLength(second));
    values.set(first.values);
    values.set(second.values, first.values.length);
    return { kind: "numeric", name, values };
  }
  const levels = new Map<string, number>();
  const codes = [first, second].flatMap((column) => textsOf(column).map((text) => codeOf(text, levels)));
  return { kind: "categorical", name, codes: Int32Array.from(codes), levels: [...levels.keys()] };
}

function textsOf(column: Column): (string | undefined)[] {
  if (column.kind === "numeric") {
    return Array.from(column.values, (value) => (Number.isNaN(value) ? undefined : String(value)));
  }
  return Array.from(column.codes, (code) => column.levels[code]);
}

function codeOf(text: string | undefined, levels: Map<string, number>): CategoricalColumn["codes"][number] {
  if (text === undefined) return -1;
  const code = levels.get(text) ?? levels.size;
  levels.set(text, code);
  return code;
}

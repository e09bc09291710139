import type { Dataset, Labels, Table } from "../../data/index.js";
import { seriesFromTable } from "../../data/series/series-from-table.js";
import type { SeriesSchema } from "../../features/index.js";
import type { Model } from "../../model/index.js";
import type { CliContext } from "../command.js";
import { textColumns } from "../files/model-file.js";
import { isNpz, readData } from "../files/read-data.js";
import type { ScoringSampleFlags } from "../flags/sample-flags.js";
import { readImageSamples } from "./images.js";
import { readLabelled } from "./labelled-table.js";
import { columnIds, type RowIds, rowNumbers } from "./row-ids.js";
import { holdsWindows, mayHoldWindows, readCutWindows } from "./windows.js";

/** The array of an NPZ archive that is no feature, labels wanted or not. */
const NPZ_LABELS = "y";

/** Data as a model takes them, and the rows that a user sees: of a series, its time steps and not its windows. */
export interface ScoringSamples {
  readonly data: Dataset;
  /** Whether rows are the time steps that windows cover. */
  readonly points: boolean;
  /** Per row: 0, 1, or -1 for none. */
  readonly labels: Labels | undefined;
  readonly labelColumn: string | undefined;
  readonly ids: RowIds;
  /** Columns that the model need not know: labels, names. */
  readonly extra: readonly (string | undefined)[];
}

interface ReadingFlags extends ScoringSampleFlags {
  readonly idColumn?: string;
  /** Whether labels are of use: what stands in their place need not be understood otherwise. Default true. */
  readonly labelled?: boolean;
}

/** Reads what a model is to score, in the form in which it was trained. */
export async function readSamplesFor(
  model: Model,
  path: string,
  flags: ReadingFlags,
  context: CliContext,
): Promise<ScoringSamples> {
  const { schema } = model.card;
  if (schema.kind === "images") {
    const { features, ...labelled } = await readImageSamples(path, flags, "test", schema.channels, context);
    const { names } = features;
    const ids: RowIds = names === undefined ? rowNumbers : { names: ["image"], of: (row) => [names[row]!] };
    return { data: features, points: false, ...labelled, ids, extra: [] };
  }
  if (schema.kind === "series") {
    const cut = schema.layout.timeColumn === undefined && (await mayHoldWindows(path));
    if (holdsWindows(path) || cut) {
      const { features, ...labelled } = await readCutWindows(path, flags, context);
      return { data: features, points: false, ...labelled, ids: rowNumbers, extra: [] };
    }
    return readSteps(model, schema, path, flags, context);
  }
  const { features, labels, labelColumn } = await readTable(model, path, flags, [], context);
  const { idColumn } = flags;
  const ids = idColumn === undefined ? rowNumbers : columnIds(features, [idColumn]);
  return { data: features, points: false, labels, labelColumn, ids, extra: [idColumn, labelColumn] };
}

async function readSteps(
  model: Model,
  { layout }: SeriesSchema,
  path: string,
  flags: ReadingFlags,
  context: CliContext,
): Promise<ScoringSamples> {
  const own = [layout.entityColumn, layout.timeColumn].filter((name) => name !== undefined);
  const { features, labels, labelColumn } = await readTable(model, path, flags, own, context);
  const series = seriesFromTable(features, {
    ...layout,
    stride: flags.stride ?? layout.stride,
    cover: true,
  });
  for (const warning of series.warnings) context.output.warn(warning);
  const named = flags.idColumn === undefined ? own : [flags.idColumn];
  const ids = named.length === 0 ? rowNumbers : columnIds(features, named);
  return { data: series, points: true, labels, labelColumn, ids, extra: [flags.idColumn, labelColumn] };
}

async function readTable(
  model: Model,
  path: string,
  flags: ReadingFlags,
  own: readonly string[],
  context: CliContext,
): Promise<{ features: Table; labels: Labels | undefined; labelColumn: string | undefined }> {
  const asText = [...(await textColumns(model, path)), ...own];
  if (flags.idColumn !== undefined && !(await isNpz(path))) asText.push(flags.idColumn);
  const reading = { ...flags, textColumns: asText };
  if (flags.labelled !== false) return readLabelled(path, reading, context);
  return { features: await readData(path, reading, context), labels: undefined, labelColumn: NPZ_LABELS };
}

import { columnLabels, type SeriesSet } from "../../data/index.js";
import { readWindows } from "../../io/index.js";
import type { CliContext } from "../command.js";
import { isNpz } from "../files/read-data.js";
import type { LabelFlags } from "../flags/data-flags.js";
import type { ImageFlags } from "../flags/sample-flags.js";
import type { LabelledData } from "./labelled-table.js";

/** Files that hold windows and nothing else. */
export const holdsWindows = (path: string): boolean => /\.ts(\.gz)?$/i.test(path);

/** Files that may hold windows or a table: only who reads them knows. */
export const mayHoldWindows = async (path: string): Promise<boolean> =>
  holdsWindows(path) || /\.npy(\.gz)?$/i.test(path) || (await isNpz(path));

/** Windows that were cut already, with the class of each for a label where the file has any. */
export async function readCutWindows(
  path: string,
  {
    normalLabel,
    anomalyLabel,
    normalClass,
    labelled = true,
  }: LabelFlags & Pick<ImageFlags, "normalClass"> & { readonly labelled?: boolean },
  { output, signal }: CliContext,
): Promise<LabelledData<SeriesSet>> {
  const { series, classes } = await readWindows(path, {
    signal,
    onProgress: ({ bytes, totalBytes }) => {
      if (totalBytes !== undefined) output.progress(`reading ${path}`, bytes / totalBytes);
    },
  });
  output.endProgress();
  const options = { normalLabel: normalLabel ?? normalClass, anomalyLabel };
  return {
    features: series,
    labels: labelled && classes ? columnLabels(classes, series.source, options) : undefined,
    labelColumn: classes?.name,
  };
}

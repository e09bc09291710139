import type { RowNames } from "../../data/index.js";
import type { Cell } from "../../formats/table/csv-row.js";
import type { FoundRegions } from "../../io/maps/map-files.js";
import { type Scores, viewOutput } from "../../model/index.js";
import type { RowDiscoveries } from "../../scoring/index.js";
import { shortFloat32 } from "../../text/format.js";
import type { CliContext } from "../command.js";
import { RowWriter } from "./row-writer.js";

/** Of the largest region the box. */
export const REGION_COLUMNS = ["regions", "region_left", "region_top", "region_width", "region_height"];

/** The two columns that say how a row was decided. */
export interface Decisions {
  readonly basis: string;
  basisOf(row: number): Cell;
  readonly isAnomaly: Uint8Array;
  /** What the maps show, where they were asked for. */
  readonly found?: readonly FoundRegions[] | undefined;
}

export function byThreshold({ threshold, isAnomaly }: Scores): Decisions {
  const limit = shortFloat32(threshold);
  return { basis: "threshold", basisOf: () => limit, isAnomaly };
}

export function byDiscovery({ column, values, isDiscovery }: RowDiscoveries): Decisions {
  const basisOf = (row: number): Cell =>
    Number.isNaN(values[row]) ? undefined : Number(values[row]!.toPrecision(7));
  return { basis: column, basisOf, isAnomaly: isDiscovery };
}

/** What is written of each row. */
export interface RowScores extends Pick<Scores, "scores" | "pValues" | "probabilities" | "views"> {
  /** A further column, such as which model of a fleet it was. */
  readonly further?: { readonly name: string; of(row: number): Cell } | undefined;
}

export interface RowOutput {
  readonly jsonl?: boolean;
  readonly force?: boolean;
  readonly keepFormulas?: boolean;
}

export async function writeRows(
  ids: RowNames,
  { basis, basisOf, isAnomaly, found }: Decisions,
  { scores, pValues, probabilities, views = {}, further }: RowScores,
  out: string | undefined,
  { jsonl, force, keepFormulas }: RowOutput,
  { signal }: CliContext,
): Promise<void> {
  const names = [...ids.columns, "score", "p_value", basis, "is_anomaly"];
  if (further !== undefined) names.push(further.name);
  if (probabilities !== undefined) names.push("probability");
  if (found !== undefined) names.push(...REGION_COLUMNS);
  names.push(...Object.keys(views).map(viewOutput));
  const columns = Object.values(views);
  const json = jsonl ?? /\.(jsonl|ndjson)$/i.test(out ?? "");
  const writer = await RowWriter.open(names, { out, json, force, keepFormulas, signal });
  try {
    for (let row = 0; row < scores.length && !writer.readerGone; row++) {
      await writer.write([
        ...ids.of(row),
        known(scores[row]!),
        known(pValues[row]!),
        basisOf(row),
        Number.isNaN(scores[row]) ? undefined : isAnomaly[row]!,
        ...(further === undefined ? [] : [further.of(row)]),
        ...(probabilities === undefined ? [] : [known(probabilities[row]!)]),
        ...(found === undefined ? [] : regionCells(found[row]!)),
        ...columns.map((values) => known(values[row]!)),
      ]);
    }
    await writer.close();
  } finally {
    await writer.discard();
  }
}

const regionCells = ({ count, box }: FoundRegions): Cell[] => [
  count,
  ...Array.from({ length: 4 }, (_, k) => box && Math.round(100 * box[k]!) / 100),
];

/** Time steps that no window covers have no score. */
const known = (value: number): Cell => (Number.isNaN(value) ? undefined : shortFloat32(value));

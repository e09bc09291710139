import { overlapOf, type TileOptions } from "../../detectors/maps/tiling.js";
import { columnSchema, type InputSchema, kindOfSchema } from "../../features/index.js";
import type { ModelCard } from "../../model/index.js";
import { columns, counted, cut, figure, percent } from "../../text/format.js";

/** What a model takes: a line for "columns", "windows" or "images". */
export const describeInput = (schema: InputSchema): string[][] =>
  kindOfSchema(schema)
    .describe(schema)
    .map((line) => [...line]);

/** What the maps of a model ignore, where they ignore anything. */
export const describeMask = ({ map }: Pick<ModelCard, "map">): [string, string][] =>
  map?.mask === undefined ? [] : [["mask", `${percent(map.mask.ignored)} of each image is ignored`]];

/** How images are seen that have to be larger than a tile; nothing where nobody asked for tiles. */
export function describeTiles({ options, schema, map }: ModelCard): [string, string][] {
  const { tile, overlap } = options as TileOptions;
  if (map === undefined || tile === undefined) return [];
  const [, height = 0, width = 0] = kindOfSchema(schema).shape(schema);
  if (height <= tile && width <= tile)
    return [["tiles", `none: images are no larger than a tile of ${tile} pixels, and seen whole`]];
  const shared = overlapOf({ tile, overlap });
  return [
    [
      "tiles",
      `${Math.min(tile, height)} x ${Math.min(tile, width)} pixels, of which neighbours share ${shared} or more`,
    ],
  ];
}

/** Which normals scores are compared with by their time, where it is not all of them. */
export function describeSeason({ season }: Pick<ModelCard, "season">): [string, string][] {
  if (season === undefined) return [];
  const { period, parts, windows, fromAll } = season;
  if (parts === 1) return [["season", "compared with all windows held out: too few for parts of a day"]];
  const whole = period > DAY ? "week" : "day";
  const length = period / parts;
  const each = length < HOUR * 24 ? counted(length / HOUR, "hour") : counted(length / DAY, "day");
  const others =
    fromAll.length === 0
      ? ""
      : `; ${counted(fromAll.length, "part")} with too few ${fromAll.length === 1 ? "is" : "are"} compared with windows of all`;
  const windowsOf = `${counted(windows, "window")} held out`;
  return [["season", `compared with ${windowsOf} of the same ${each} of the ${whole}, of ${parts}${others}`]];
}

const HOUR = 3600;
const DAY = 24 * HOUR;

/** A table of the columns that a model reads; none for images. @param rows that they were learned from */
export function describeColumns(schema: InputSchema, rows: number): string[] {
  const known = columnSchema(schema);
  if (known === undefined) return [];
  // Of a time step that is in several windows, a missing cell has no share of the rows.
  const shares = kindOfSchema(schema).layout(schema) === undefined;
  const missing = (cells: number): string =>
    cells === 0 || !shares ? "" : `${percent(cells / rows)} missing`;
  const numeric = known.numeric.map((column) => [
    column.name,
    "numeric",
    `${figure(column.min)} to ${figure(column.max)}, median ${figure(column.fill)}`,
    missing(column.missing),
  ]);
  const categorical = known.categorical.map((column) => {
    const levels = column.levels.map((level) => (level === "" ? "(missing)" : level));
    return [
      column.name,
      "categorical",
      cut(`${counted(levels.length, "level")}: ${levels.join(", ")}`, 70),
      missing(column.missing),
    ];
  });
  return columns([...numeric, ...categorical]);
}

/** The same for programs. */
export function inputJson(schema: InputSchema): Record<string, unknown> {
  const known = columnSchema(schema);
  const kind = kindOfSchema(schema);
  const layout = kind.layout(schema);
  return {
    input: {
      kind: kind.name,
      shape: kind.shape(schema),
      inputs: kind.inputs(schema),
      ...(layout && { layout }),
    },
    ...(known && {
      columns: {
        numeric: known.numeric.map(({ name }) => name),
        categorical: known.categorical.map(({ name }) => name),
        dropped: known.dropped,
      },
    }),
  };
}

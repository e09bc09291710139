import {
  columnSchema,
  featureCount,
  type InputSchema,
  inputShape,
  isImageSchema,
  isSeriesSchema,
} from "../../features/index.js";
import { columns, counted, cut, figure, percent } from "./format.js";

/** What a model takes: a line for "columns", "windows" or "images". */
export function describeInput(schema: InputSchema): string[][] {
  if (isImageSchema(schema)) {
    const { channels, height, width, resized, contrast } = schema;
    const size = `${height} x ${width} pixels (height x width), ${channels === 1 ? "grey" : "in colour"}`;
    const contrasts = contrast === "gcn" ? "contrast normalised one by one" : "contrast as it is";
    return [["images", `${size}${resized ? ", others are resized" : ""}; ${contrasts}`]];
  }
  const { numeric, categorical, scaling } = columnSchema(schema)!;
  const features = `${counted(featureCount(columnSchema(schema)!), "feature")}, scaling ${scaling}`;
  const lines = [["columns", `${numeric.length} numeric, ${categorical.length} categorical: ${features}`]];
  if (isSeriesSchema(schema)) {
    const { window, stride, timeColumn, entityColumn } = schema.layout;
    const ordered = timeColumn === undefined ? "" : `, in the order of "${timeColumn}"`;
    const apart = entityColumn === undefined ? "" : `, one series per "${entityColumn}"`;
    lines.unshift([
      "windows",
      `${counted(window, "step")}, one every ${counted(stride, "step")}${ordered}${apart}`,
    ]);
  }
  return lines;
}

/** A table of the columns that a model reads; none for images. @param rows that they were learned from */
export function describeColumns(schema: InputSchema, rows: number): string[] {
  const known = columnSchema(schema);
  if (known === undefined) return [];
  const missing = (cells: number): string =>
    cells === 0 || isSeriesSchema(schema) ? "" : `${percent(cells / rows)} missing`;
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
  return {
    input: {
      kind: isImageSchema(schema) ? "images" : isSeriesSchema(schema) ? "series" : "table",
      shape: inputShape(schema),
      ...(isSeriesSchema(schema) && { layout: schema.layout }),
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

/** Lines of Python that make `feeds` for a model, and the modules that they import. */
export function pythonFeeds(schema: InputSchema): { readonly modules: string; readonly lines: string[] } {
  if (isImageSchema(schema)) {
    const { channels, height, width } = schema;
    const mode = channels === 1 ? "L" : "RGB";
    return {
      modules: "numpy, onnxruntime, PIL.Image",
      lines: [
        `image = PIL.Image.open("new.png").convert("${mode}")${schema.resized ? "" : `  # ${width} x ${height}`}`,
        `feeds = {"image": numpy.asarray(image, "uint8").reshape(1, image.height, image.width, ${channels})}`,
      ],
    };
  }
  const { numeric, categorical } = columnSchema(schema)!;
  const names = (list: readonly { readonly name: string }[]): string =>
    `[${list.map(({ name }) => JSON.stringify(name)).join(", ")}]`;
  // The last window of a series; others begin at other rows.
  const series = isSeriesSchema(schema) ? `.tail(${schema.layout.window})` : "";
  const axis = isSeriesSchema(schema) ? "[None]" : "";
  const feeds: string[] = [];
  if (numeric.length > 0) feeds.push(`"numeric": rows[${names(numeric)}].to_numpy("float64")${axis}`);
  if (categorical.length > 0) {
    feeds.push(`"categorical": rows[${names(categorical)}].fillna("").astype(str).to_numpy(object)${axis}`);
  }
  const types = categorical.map(({ name }) => `${JSON.stringify(name)}: str`);
  const dtype = types.length > 0 ? `, dtype={${types.join(", ")}}` : "";
  return {
    modules: "onnxruntime, pandas",
    lines: [`rows = pandas.read_csv("new.csv"${dtype})${series}`, `feeds = {${feeds.join(", ")}}`],
  };
}

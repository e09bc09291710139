import { type Dataset, makeTable, type Samples, type Table } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import {
  columnSchema,
  inputColumns,
  kindOf,
  observations,
  RawValues,
  selectSamples,
} from "../features/index.js";
import { createRandom } from "../math/random.js";
import { type KeptColumn, type Model, type ModelCard, modelWithCard, samplesFor } from "../model/index.js";
import { counted } from "../text/format.js";
import { shown } from "../text/shown.js";
import { FEWEST_NORMALS, MOST_NORMALS } from "./background-limits.js";

/** How many rows are kept unless a number is given. */
const USUAL = 200;

export interface NormalRowsOptions {
  /** How many rows the model keeps at most, from 10 to 1000; default 200. */
  readonly rows?: number | undefined;
  /** Decides which; default 0. */
  readonly seed?: number | string | undefined;
}

/**
 * The same model with normal rows of a table in its file, so that `explain` needs no background: it compares rows with these.
 * They are drawn among the rows that the model does not flag, of labelled data among those labelled normal. Whoever has
 * the file can read them. Scores are the same.
 *
 * @param given the training data
 * @example
 * const model = await withNormalRows(await new Knn().fit(normal), normal);
 * await model.save("plant.onnx");
 *
 * @throws HypersphereError `invalid-option` for series, images and numbers out of range; `unfit-data` for fewer than ten normal rows
 */
export async function withNormalRows(
  model: Model,
  given: Dataset | Samples,
  { rows: most = USUAL, seed = 0 }: NormalRowsOptions = {},
): Promise<Model> {
  const { data, labels } = observations(samplesFor(model.card, given));
  requireKeeping(data, most);
  const { isAnomaly } = await model.score(data);
  const normal = Uint32Array.from(isAnomaly.keys()).filter(
    (row) => isAnomaly[row] === 0 && (labels === undefined || labels[row] === 0),
  );
  if (normal.length < FEWEST_NORMALS) {
    throw new HypersphereError(
      "unfit-data",
      `${data.source} has ${counted(normal.length, "row")} that ${normal.length === 1 ? "is" : "are"} normal to the model; it keeps at least ${FEWEST_NORMALS}.`,
      { hint: "Give the rows that the model was trained on." },
    );
  }
  const drawn = createRandom(seed)
    .stream("explain", "kept")
    .sample(normal.length, Math.min(most, normal.length));
  const rows = Uint32Array.from(drawn, (place) => normal[place]!).sort();
  const columns = columnsOf(selectSamples(data, rows) as Table, model.card);
  return modelWithCard(model, { ...model.card, normalRows: { rows: Array.from(rows), columns } });
}

/** Before anything is trained. @throws HypersphereError `invalid-option` */
export function requireKeeping(data: Dataset, most: number): void {
  if (!(Number.isSafeInteger(most) && most >= FEWEST_NORMALS && most <= MOST_NORMALS)) {
    throw new HypersphereError(
      "invalid-option",
      `${shown(most)} normal rows were to be kept, expected a whole number from ${FEWEST_NORMALS} to ${MOST_NORMALS}.`,
    );
  }
  const { axes, noun } = kindOf(data);
  // Rows of one value for each column; windows and images would outgrow the model.
  if (axes === 1) return;
  const { many, all } = noun;
  throw new HypersphereError(
    "invalid-option",
    `Normal rows are kept of tables, and ${data.source} holds ${all}.`,
    {
      hint: `Give normal ${many} when you explain (option "background").`,
    },
  );
}

/** Normal rows that a model keeps, with the row of each in the training data; undefined without any. @throws HypersphereError `invalid-model` */
export function keptRows({
  normalRows,
  schema,
}: Pick<ModelCard, "normalRows" | "schema">):
  | { readonly data: Table; readonly rows: Uint32Array }
  | undefined {
  const columns = columnSchema(schema);
  if (normalRows === undefined || columns === undefined) return undefined;
  const rows = Uint32Array.from(normalRows.rows);
  const byName = new Map(normalRows.columns.map(({ name, values }) => [name, values]));
  const values = (name: string): KeptColumn["values"] => {
    const found = byName.get(name);
    if (found?.length === rows.length) return found;
    throw new HypersphereError(
      "invalid-model",
      `The rows that the model keeps have no values of column ${shown(name)}.`,
    );
  };
  const { numeric, categorical } = inputColumns(columns);
  const data = makeTable(
    [
      ...numeric.map((name) => ({
        ...{ kind: "numeric" as const, name },
        values: Float64Array.from(values(name), (value) => (typeof value === "number" ? value : Number.NaN)),
      })),
      ...categorical.map((name) => textColumn(name, values(name))),
    ],
    "rows kept in the model",
  );
  return { data, rows };
}

function textColumn(name: string, values: KeptColumn["values"]) {
  const levels = [...new Set(values.filter((value) => typeof value === "string"))];
  const codes = new Map<unknown, number>(levels.map((text, code) => [text, code]));
  return {
    ...{ kind: "categorical" as const, name, levels },
    codes: Int32Array.from(values, (value) => codes.get(value) ?? -1),
  };
}

function columnsOf(table: Table, { schema }: ModelCard): KeptColumn[] {
  const columns = columnSchema(schema)!;
  const [raw, names] = [new RawValues(table, columns), inputColumns(columns)];
  return [
    ...names.numeric.map((name, k) => ({
      name,
      values: Array.from(raw.numericColumn(k), (value) => (Number.isFinite(value) ? value : null)),
    })),
    ...names.categorical.map((name, k) => {
      const { codes, texts } = raw.categoricalColumn(k);
      return { name, values: Array.from(codes, (code) => (code < 0 ? null : texts[code + 1]!)) };
    }),
  ];
}

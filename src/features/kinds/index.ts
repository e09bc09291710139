/** The kinds of data, and the only place that chooses between them. */
import type { Dataset } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import type { InputSchema } from "../input-schema.js";
import { images } from "./images.js";
import type { Kind } from "./kind.js";
import { series } from "./series.js";
import { table } from "./table.js";

/** Every kind by its name, which data sets and schemas carry as `kind`. */
export const kinds = { table, series, images } as const;

/** @throws HypersphereError `unfit-data` for what is no data set */
export function kindOf(data: Dataset): Kind {
  const kind = (kinds as Readonly<Record<string, unknown>>)[data?.kind];
  if (kind !== undefined) return kind as Kind;
  throw new HypersphereError(
    "unfit-data",
    `The data are ${data === null ? "null" : `of kind "${String(data?.kind)}"`}; expected a table, a series or images.`,
    {
      hint: "Make them with tableFromRows, tableFromColumns, seriesFromTable or imagesFrom, or read them with open.",
    },
  );
}

export const kindOfSchema = (schema: InputSchema): Kind => kinds[schema.kind] as unknown as Kind;

/**
 * The kind of the data, which is that of the model.
 * @throws HypersphereError `schema-mismatch` for data of another kind than the model was trained on
 */
export function requireKind(data: Dataset, schema: InputSchema): Kind {
  const [given, wanted] = [kindOf(data), kindOfSchema(schema)];
  if (given === wanted) return given;
  throw new HypersphereError(
    "schema-mismatch",
    `${data.source} holds ${given.noun.all}, but the model was trained on ${wanted.noun.all}.`,
    wanted.convert === undefined ? {} : { hint: wanted.convert },
  );
}

import type { Dataset } from "../data/index.js";
import { columnSchema, type InputSchema } from "../features/index.js";
import { imageUnits } from "./image-units.js";
import { seriesUnits } from "./series-units.js";
import { type KnownRange, tableUnits } from "./table-units.js";
import type { Units } from "./units.js";

type UnitsOf<D extends Dataset> = (
  data: D,
  normals: D,
  schema: InputSchema,
  known?: KnownRange,
) => Units | Promise<Units>;

const makers: { readonly [K in Dataset["kind"]]: UnitsOf<Extract<Dataset, { readonly kind: K }>> } = {
  table: (data, normals, schema, known) => tableUnits(data, normals, columnSchema(schema)!, known),
  images: (data, normals) => imageUnits(data, normals),
  series: (data, normals, schema, known) => seriesUnits(data, normals, columnSchema(schema)!, known),
};

/**
 * The parts of observations that are explained. Both data sets are of the model's kind: the model has scored them.
 * @param known what numbers of training were like, where `normals` are too few to tell
 */
export const unitsOf = (
  data: Dataset,
  normals: Dataset,
  schema: InputSchema,
  known?: KnownRange,
): Units | Promise<Units> => (makers[data.kind] as UnitsOf<Dataset>)(data, normals, schema, known);

import type { Dataset } from "../data/index.js";
import { columnSchema, type InputSchema } from "../features/index.js";
import { imageUnits } from "./image-units.js";
import { seriesUnits } from "./series-units.js";
import { tableUnits } from "./table-units.js";
import type { Units } from "./units.js";

type UnitsOf<D extends Dataset> = (data: D, normals: D, schema: InputSchema) => Units | Promise<Units>;

const makers: { readonly [K in Dataset["kind"]]: UnitsOf<Extract<Dataset, { readonly kind: K }>> } = {
  table: (data, normals, schema) => tableUnits(data, normals, columnSchema(schema)!),
  images: (data, normals) => imageUnits(data, normals),
  series: (data, normals, schema) => seriesUnits(data, normals, columnSchema(schema)!),
};

/** The parts of observations that are explained. Both data sets are of the model's kind: the model has scored them. */
export const unitsOf = (data: Dataset, normals: Dataset, schema: InputSchema): Units | Promise<Units> =>
  (makers[data.kind] as UnitsOf<Dataset>)(data, normals, schema);

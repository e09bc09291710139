import { selectImages } from "./image-arrays.js";
import type { ImageSet } from "./images.js";
import { selectRows } from "./select.js";
import type { SeriesSet } from "./series.js";
import { selectSeries } from "./series-windows.js";
import type { Table } from "./table.js";

/** What detectors learn from and models score: rows of a table, windows of series, or images. */
export type Dataset = Table | SeriesSet | ImageSet;

export const isTable = (data: Dataset): data is Table => "columns" in data;
export const isSeries = (data: Dataset): data is SeriesSet => "steps" in data;
export const isImages = (data: Dataset): data is ImageSet => "read" in data;

/** The listed rows, windows or pictures. */
export function selectSamples(data: Dataset, rows: Uint32Array): Dataset {
  if (isSeries(data)) return selectSeries(data, rows);
  return isImages(data) ? selectImages(data, rows) : selectRows(data, rows);
}

import { selectImages } from "./images/image-arrays.js";
import type { ImageSet } from "./images/images.js";
import type { SeriesSet } from "./series/series.js";
import { selectSeries } from "./series/windows.js";
import { selectRows } from "./table/select.js";
import type { Table } from "./table/table.js";

/** What detectors learn from and models score: rows of a table, windows of series, or images. */
export type Dataset = Table | SeriesSet | ImageSet;

export const isTable = (data: Dataset): data is Table => "columns" in data;
export const isSeries = (data: Dataset): data is SeriesSet => "steps" in data;
export const isImages = (data: Dataset): data is ImageSet => "read" in data;

/** The listed rows, windows or images. */
export function selectSamples(data: Dataset, rows: Uint32Array): Dataset {
  if (isSeries(data)) return selectSeries(data, rows);
  return isImages(data) ? selectImages(data, rows) : selectRows(data, rows);
}

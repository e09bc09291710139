import type { ImageSet } from "./images/images.js";
import type { SeriesSet } from "./series/series.js";
import type { Table } from "./table/table.js";

/**
 * What detectors learn from and models score: rows of a table, windows of series, or images, told apart by `kind`. What
 * differs between them is in features/kinds/.
 */
export type Dataset = Table | SeriesSet | ImageSet;

import type { ImageSet } from "./images/images.js";
import type { SeriesSet } from "./series/series.js";
import type { Table } from "./table/table.js";

/**
 * What detectors learn from and models score: rows of a table, windows of series, or images. `kind` says which;
 * features/kinds/ holds all differences.
 */
export type Dataset = Table | SeriesSet | ImageSet;

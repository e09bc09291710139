export { closestName, didYouMean, listNames } from "./closest-name.js";
export { ColumnBuilder, type ColumnBuilderOptions, type ColumnKind } from "./column-builder.js";
export { checkColumnTypes } from "./column-types.js";
export { type Dataset, isImages, isSeries, isTable, selectSamples } from "./dataset.js";
export {
  type ImageArray,
  type ImagesFromOptions,
  imagesFrom,
  type Picture,
  selectImages,
  withChannels,
} from "./image-arrays.js";
export type { Image, ImageSet } from "./images.js";
export {
  anomalyWords,
  columnLabels,
  type LabelOptions,
  type Labels,
  normalWords,
  splitLabels,
} from "./labels.js";
export { checkNames, columnLength, findColumn, makeTable } from "./make-table.js";
export { type OneClass, oneClass } from "./one-class.js";
export { defaultMissingTokens, parseNumber } from "./parse-number.js";
export {
  type CategoricalProfile,
  type ColumnProfile,
  type NumericProfile,
  profileColumn,
  profileTable,
  type TableProfile,
} from "./profile.js";
export { dropColumns, selectColumns, selectRows } from "./select.js";
export type { SeriesLayout, SeriesSet } from "./series.js";
export { type SeriesFromTable, type SeriesOptions, seriesFromTable } from "./series-from-table.js";
export { type PointScores, pointScores, windowLabels } from "./series-points.js";
export {
  overlapRows,
  selectSeries,
  seriesFromWindows,
  type WindowsArray,
  windowsOverlapping,
} from "./series-windows.js";
export {
  holdoutSplit,
  permutation,
  type Split,
  sampleRows,
  stratifiedSplit,
  type UniformInt,
} from "./split.js";
export type { CategoricalColumn, Column, NumericColumn, Table } from "./table.js";
export { type ColumnData, type TableFromRowsOptions, tableFromColumns, tableFromRows } from "./table-from.js";
export { type FlatMatrix, tableFromMatrix } from "./table-from-matrix.js";

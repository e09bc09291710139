export { closestName, didYouMean, listNames } from "../text/closest-name.js";
export { defaultMissingTokens, MissingTokens } from "../text/missing-tokens.js";
export type { DecimalMark, NumberNotation } from "../text/number-notation.js";
export { parseNumber } from "../text/parse-number.js";
export type { Dataset } from "./dataset.js";
export {
  AUGMENTATIONS,
  type Augmentation,
  type Augmenting,
  augmentedImages,
  distinctCopies,
} from "./images/augmented-images.js";
export {
  convertChannels,
  type ImageArray,
  type ImagesFromOptions,
  imagesFrom,
  makeImageSet,
  type RawImage,
  selectImages,
  withChannels,
} from "./images/image-arrays.js";
export type { Image, ImageSet } from "./images/images.js";
export { MarkedMasks } from "./images/marked-masks.js";
export { isLabelName, isSurelyLabelName } from "./label-names.js";
export {
  anomalyWords,
  columnLabels,
  type LabelOptions,
  type Labels,
  normalWords,
  splitLabels,
} from "./labels.js";
export { type OneClass, oneClass } from "./one-class.js";
export {
  type GivenSplit,
  type Known,
  type LabelsLike,
  labelsFrom,
  type RowEntities,
  type RowNames,
  type Samples,
  samplesOf,
} from "./samples.js";
export { isDate } from "./series/date-like.js";
export { parseDate, parseDigitDate } from "./series/dates.js";
export { type FoundWindow, findWindow } from "./series/find-window.js";
export { checkLevel, lessLevelOf, SlidingLevel, stepsBefore, withoutLevel } from "./series/level.js";
export { type PointScores, pointScores, windowLabels } from "./series/points.js";
export { SEASONS, type Season } from "./series/season.js";
export type { Segment } from "./series/segments.js";
export type { CutAgain, SeriesLayout, SeriesSet, Timeline, WindowRecord } from "./series/series.js";
export { type SeriesFromTable, type SeriesOptions, seriesFromTable } from "./series/series-from-table.js";
export { fromMicroseconds, type TimeUnit, toMicroseconds, unitSince1970 } from "./series/time-units.js";
export {
  lastRowOf,
  overlapRows,
  selectSeries,
  seriesFromWindows,
  type WindowsArray,
  windowsApart,
  windowsOverlapping,
  windowsWithin,
} from "./series/windows.js";
export { settledReading } from "./settled-reading.js";
export { ColumnBuilder, type ColumnBuilderOptions, type ColumnKind } from "./table/column-builder.js";
export { checkColumnTypes } from "./table/column-types.js";
export { checkNames, columnLength, findColumn, makeTable } from "./table/make-table.js";
export {
  type CategoricalProfile,
  type ColumnProfile,
  type NumericProfile,
  profileColumn,
  profileTable,
  type TableProfile,
} from "./table/profile.js";
export { type Reading, saidOfCells } from "./table/reading.js";
export { dropColumns, selectColumns, selectRows } from "./table/select.js";
export type { CategoricalColumn, Column, NumericColumn, Table } from "./table/table.js";
export {
  type ColumnData,
  type TableFromRowsOptions,
  tableFromColumns,
  tableFromRows,
} from "./table/table-from.js";
export { type FlatMatrix, tableFromMatrix } from "./table/table-from-matrix.js";

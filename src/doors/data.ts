/** `hypersphere/data`: tools for tables, series, images and samples, beyond those that make them. */
export {
  type LabelOptions,
  type OneClass,
  oneClass,
  type PointScores,
  pointScores,
  profileTable,
  selectImages,
  selectRows,
  selectSeries,
  splitLabels,
  type TableProfile,
  windowLabels,
  windowsOverlapping,
  withChannels,
} from "../data/index.js";
export {
  type LabelCounts,
  labelCounts,
  normalObservations,
  observations,
  rowValues,
  selectRowsOf,
  testPart,
  trainingPart,
} from "../features/index.js";

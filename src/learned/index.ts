export { trainingCurves } from "./curves.js";
export type { TrainingReportOptions } from "./options.js";
export type {
  Advice,
  ColumnResidual,
  LatentPicture,
  LeftOut,
  Picture,
  ReconstructedRow,
  Reconstructions,
  ScoreBins,
  ShownRow,
  ShownScores,
  TrainingCurve,
  TrainingReport,
  UntrainedControl,
} from "./report.js";
export { trainingReport } from "./training-report.js";

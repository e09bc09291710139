export { addRefit } from "./add-refit.js";
export type { Comparison } from "./compare-versions.js";
export { Foreman } from "./foreman.js";
export { findReport } from "./job-reports.js";
export {
  addJob,
  cancelJob,
  findJob,
  type JobStatus,
  listJobs,
  type StoredJob,
} from "./job-store.js";
export type { JobFigures } from "./report-work.js";
export { checkTraining, FORMATS, type JobRequest, readingSchema, requireNormalRule } from "./request.js";

/** What the service answers, as its schemas have it: for the page, which takes these types and no code. */
export type { AuditEntry, Key } from "./routes/administration.js";
export type { Detector, DetectorOption } from "./routes/detectors.js";
export type { Drift, MovedColumns } from "./routes/drift.js";
export type { Explanations } from "./routes/explain.js";
export type { Incident } from "./routes/incidents.js";
export type { ReportFigures } from "./routes/job-reports.js";
export type { Job } from "./routes/jobs.js";
export type { Comparison, Model, Version } from "./routes/models.js";
export type { OperatingPoints } from "./routes/operating-points.js";
export type { Caller, Overview } from "./routes/overview.js";
export type { Result } from "./routes/results.js";
export type { ScoreHistogram } from "./routes/score-histogram.js";
export type { Delivery, ListedWebhook } from "./routes/webhooks.js";
export type { PastVerdict } from "./verdict-schemas.js";

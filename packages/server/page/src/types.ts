/** What the service answers, as its schemas have it: types alone, of which nothing gets into the page. */
import type { Caller, Explanations, Overview, PastVerdict, ScoreHistogram } from "../../dist/http/answers.js";

export type {
  AuditEntry,
  Caller,
  Comparison,
  Delivery,
  Detector,
  DetectorOption,
  Drift,
  Explanations,
  Incident,
  Job,
  Key,
  ListedWebhook,
  Model,
  MovedColumns,
  OperatingPoints,
  Overview,
  PastVerdict,
  ReportFigures,
  Result,
  ScoreHistogram,
  Version,
} from "../../dist/http/answers.js";

export type Role = Caller["role"];
export type Verdict = PastVerdict["verdict"];
export type ModelAtAGlance = Overview["models"][number];
export type Bin = ScoreHistogram["bins"][number];
export type Explained = Explanations["rows"][number];

import type { TuneObjective, TuneTrial } from "../../evaluate/tune/index.js";
import type { ComparisonFlags } from "../compare/job-request.js";
import type { RuntimeChoice } from "../flags/data-flags.js";

/** What a worker process is asked: one setting of a detector, measured on some splits of the data. */
export interface TrialRequest {
  readonly detector: string;
  readonly given: Readonly<Record<string, unknown>>;
  readonly point: TuneTrial["point"];
  readonly repeats: readonly number[];
  readonly objective: TuneObjective;
  readonly maxTrain: number;
  readonly path: string;
  readonly reading: ComparisonFlags;
  readonly runtime: RuntimeChoice;
  /** Cores that it may use; undefined for all. */
  readonly cores: number | undefined;
}

import type { Contestant, JobKey, ProtocolOptions } from "../../evaluate/compare/index.js";
import type { RuntimeChoice } from "../flags/data-flags.js";
import type { TrainingSampleFlags } from "../flags/sample-flags.js";

/** How data sets are read for a comparison: as for `train`, and with their own split. */
export interface ComparisonFlags extends TrainingSampleFlags {
  readonly splitColumn?: string;
}

/** What a worker process is asked: one fit of one detector on one data set. */
export interface JobRequest {
  readonly key: JobKey;
  readonly contestant: Contestant;
  readonly path: string;
  readonly reading: ComparisonFlags;
  readonly protocol: ProtocolOptions;
  readonly runtime: RuntimeChoice;
}

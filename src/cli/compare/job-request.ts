import type { JobKey, JobRow, ProtocolOptions } from "../../evaluate/compare/index.js";
import type { DataFlags, LabelFlags, RuntimeChoice } from "../flags/data-flags.js";

/** What a worker process is asked: one fit of one detector on one file. */
export interface JobRequest {
  readonly key: JobKey;
  readonly path: string;
  readonly data: DataFlags & LabelFlags;
  /** Columns that are left out. */
  readonly exclude: readonly string[];
  readonly protocol: ProtocolOptions;
  readonly options: Readonly<Record<string, unknown>>;
  readonly runtime: RuntimeChoice;
}

export type JobReply = JobRow;

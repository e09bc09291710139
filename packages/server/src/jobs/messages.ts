import type { Progress } from "hypersphere";
import type { JobRequest } from "./request.js";

/** What a job's process is told first. */
export interface Assignment {
  readonly request: JobRequest;
  /** Of its own: holds the files of the job, takes the checkpoint and the model. */
  readonly folder: string;
}

/** What it says while it works; the last one ends it. */
export type Told =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "log"; readonly line: string }
  | { readonly kind: "done"; readonly card: string; readonly comparison?: string }
  | { readonly kind: "failed"; readonly message: string; readonly hint?: string };

/** Names of files in a job's folder. */
export const FILES = {
  data: "data",
  from: "from.onnx",
  model: "model.onnx",
  checkpoint: "checkpoint",
  figures: "figures.json",
  page: "report.html",
} as const;

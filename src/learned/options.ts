import type { Dataset, Samples } from "../data/index.js";
import type { DecodedRows, RowSplit } from "../model/contract.js";
import type { Backend } from "../runtime/index.js";

export interface TrainingReportOptions {
  /** Rows to look at: those of the training, or others. Rows labelled as anomalies are left out. */
  readonly data?: Dataset | Samples | undefined;
  /** What the fit used the rows of `data` for, as `FitOptions.onSplit` tells it. */
  readonly split?: RowSplit | undefined;
  /** What decoders made of rows, as `FitOptions.onDecoded` tells it. */
  readonly decoded?: readonly DecodedRows[] | undefined;
  /** What the fit had to say, as `FitOptions.onWarning` hears it: becomes part of the advice. */
  readonly warnings?: readonly string[] | undefined;
  /** What a person calls an observation of `data`; by default its number from 1, or the name of an image. */
  readonly names?: ((row: number) => string) | undefined;
  /** Runs this instead of what the door of the package provides: for servers that keep runtimes apart. */
  readonly backend?: Backend | undefined;
  /** Hears how far the scoring is, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

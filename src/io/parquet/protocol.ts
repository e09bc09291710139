/** What the thread that decodes and the one that asks it say to each other. Each answers the other's requests by number. */
import type { ReadProgress } from "../../formats/byte-source.js";
import type { ParquetJob } from "../../formats/table/parquet/job.js";
import type { Answer } from "../../runtime/node/protocol.js";

/** Answered by a `ParquetTable`, whose arrays move. */
export interface DecodeRequest {
  readonly job: ParquetJob;
  /** Bytes of the file. */
  readonly size: number;
  /** One number in shared memory, which grows while the decoder gets on. */
  readonly steps: Int32Array<SharedArrayBuffer>;
  readonly wantsProgress: boolean;
}

/** Answered by the bytes of the file from `from` up to but not including `to`, which move. */
export interface SliceRequest {
  readonly from: number;
  readonly to: number;
}

type Numbered<Body> = Body & { readonly id: number };

export type ToDecoder = Numbered<DecodeRequest> | Answer<Uint8Array>;
export type FromDecoder = Numbered<SliceRequest> | Answer<unknown> | { readonly progress: ReadProgress };

import type { ColumnKind } from "../../../data/table/column-builder.js";
import type { Column } from "../../../data/table/table.js";
import type { DecimalMark } from "../../../text/number-notation.js";
import type { ReadProgress } from "../../byte-source.js";
import type { SizeLimit, StallLimit } from "../../limits.js";
import type { RandomAccess } from "../../opened.js";
import type { PageUnpackers } from "../../platform.js";
import type { ColumnSelection } from "../column-choice.js";
import type { Notations } from "../column-set.js";

/** What is asked of a Parquet file: values and nothing else, which can go to another thread. */
export interface ParquetJob extends ColumnSelection, SizeLimit, StallLimit {
  /** For messages. */
  readonly source: string;
  readonly columnTypes?: Readonly<Record<string, ColumnKind>> | undefined;
  readonly missing?: readonly string[] | undefined;
  readonly missingAmongNumbers?: readonly string[] | undefined;
  readonly decimal?: DecimalMark | undefined;
  readonly notations?: Notations | undefined;
  readonly verbatim?: readonly string[] | undefined;
  readonly maxRows?: number | undefined;
  readonly maxColumns?: number | undefined;
}

/** What became of it, in values again. */
export interface ParquetTable {
  readonly columns: readonly Column[];
  readonly warnings: readonly string[];
  /** Tokens for missing values that occurred. */
  readonly missingMet: readonly string[];
}

export interface ParquetControl {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  /** Called when a page is decoded, and when its values are in the table: more often than any clock need look. */
  readonly onStep?: (() => void) | undefined;
  /** False where nobody else waits for the thread, so that it need not pause for them. Default true. */
  readonly takesTurns?: boolean | undefined;
  /** The platform's own decompressors. */
  readonly pages?: PageUnpackers | undefined;
}

/** @throws HypersphereError as `decodeParquet`; a platform's decoder also beyond its limit of time without progress */
export type ParquetDecoder = (
  data: RandomAccess,
  job: ParquetJob,
  control: ParquetControl,
) => Promise<ParquetTable>;

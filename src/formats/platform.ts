import type { DecodedImage } from "./images/decoded-image.js";
import type { Inflate } from "./inflate.js";
import type { ParquetDecoder } from "./table/parquet/job.js";

/**
 * Decodes an image file to 8 bits per channel: grey where the file says so, otherwise RGB, and upright.
 * @param maxPixels refuses images with more; default 2^26
 * @throws CorruptImage for what is damaged, cut off, too large, or no image
 */
export type ImageDecoder = (bytes: Uint8Array, maxPixels?: number) => Promise<DecodedImage>;

/**
 * Decompressors for the pages of Parquet files, by the names that the format has for them; those for all platforms take the
 * place of what is not there.
 * @throws anything for damaged data, and for more than `length` bytes
 */
export type PageUnpackers = Readonly<
  Partial<Record<"GZIP" | "BROTLI" | "ZSTD", (bytes: Uint8Array, length: number) => Uint8Array>>
>;

/** What readers of tables need. */
export interface Unpacking {
  readonly inflate: Inflate;
  /** Decodes Parquet where it can be ended; by default in the calling thread. */
  readonly decodeParquet?: ParquetDecoder | undefined;
}

/** What readers need that each platform has in its own way. */
export interface Platform extends Unpacking {
  readonly decodeImage: ImageDecoder;
}

import { HypersphereError } from "../../../errors.js";

/** What is wrong with a part of a Parquet file, as half a sentence; `inPart` says of which part and file. */
export class ParquetDamage extends Error {
  constructor(what: string) {
    super(what);
    this.name = "ParquetDamage";
  }
}

export function damaged(what: string): never {
  throw new ParquetDamage(what);
}

/** The part of a file that is being read, for messages: `source`, or `source: column "x", row group 2`. */
export async function inPart<T>(part: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof HypersphereError) throw error;
    // Whatever a decoder fails with, a TypeError or a full stack too, is due to what stands in the file.
    const what = error instanceof Error ? error.message : String(error);
    throw new HypersphereError(
      "unreadable-data",
      `${part} cannot be read as Parquet: damaged or unsupported: ${what}.`,
      {
        hint: "The file is damaged, was cut off, or uses a feature that is not supported: write it again, or fetch it again.",
        cause: error,
      },
    );
  }
}

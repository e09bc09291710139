import { readFile } from "node:fs/promises";
import type { GivenSplit } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { openNpz } from "../../io/npz-read.js";

/** The array `split` of an NPZ archive, where it has one: 0 for rows to train on, 1 for rows to test on. */
export async function readSplitArray(
  path: string,
): Promise<{ readonly split: GivenSplit; readonly rowCount: number } | undefined> {
  const archive = openNpz(await readFile(path), path);
  if (!archive.names.includes("split")) return undefined;
  const { data } = await archive.read("split");
  const texts = Array.from(data as ArrayLike<number | bigint | string>, String);
  return { rowCount: texts.length, split: splitOfTexts(texts, `${path}: the array split`) };
}

const PART_OF: Readonly<Record<string, "train" | "test" | "none">> = {
  train: "train",
  "0": "train",
  test: "test",
  "1": "test",
  "": "none",
  NaN: "none",
};

/**
 * Rows to train on (train, 0) and to test on (test, 1); rows without a word are in neither part.
 * @param where for messages
 * @throws HypersphereError `unfit-data` for other words
 */
export function splitOfTexts(texts: readonly string[], where: string): GivenSplit {
  const parts = texts.map((text, row) => {
    const part = PART_OF[text.trim()] ?? PART_OF[text.trim().toLowerCase()];
    if (part !== undefined) return part;
    throw new HypersphereError(
      "unfit-data",
      `${where} has ${JSON.stringify(text)} in data row ${row + 1}, expected train or test (or 0 or 1).`,
    );
  });
  const rowsOf = (wanted: "train" | "test"): Uint32Array =>
    Uint32Array.from(parts.flatMap((part, row) => (part === wanted ? [row] : [])));
  return { train: rowsOf("train"), test: rowsOf("test") };
}

/** Whether rows are among those that a model was given for training: of those, its scores say nothing about drift. */

import { fromBase64, toBase64 } from "../math/base64.js";

/** Digests that a card keeps: all of as many rows, and of more rows a sample. */
const KEPT = 2048;
const ALL = 2 ** 32;

/** What a model's card keeps of its rows to know them again. */
export interface RowSketch {
  /** Digests of rows, ascending, as little-endian numbers of 32 bits in base64: all of those below `below`. */
  readonly digests: string;
  /** 2^32 where all digests are kept. */
  readonly below: number;
  /** Share of the rows that are equal to another one: so many new rows are equal to a known one by chance. */
  readonly repeated: number;
}

/** @param digests [rows] as `Kind.digests` gives them */
export function sketchRows(digests: Uint32Array): RowSketch {
  const counts = new Map<number, number>();
  for (const digest of digests) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  const sorted = Uint32Array.from(counts.keys()).sort();
  const alone = [...counts.values()].filter((count) => count === 1).length;
  const kept = sorted.subarray(0, KEPT);
  return {
    digests: wordsToText(kept),
    below: sorted.length > KEPT ? sorted[KEPT]! : ALL,
    repeated: 1 - alone / digests.length,
  };
}

/** Which of the rows a model has been given before, as far as its sketch can tell. */
export interface KnownRows {
  /** About how many of all rows, those left out that are equal to a known one by chance; 0 where chance explains all. */
  readonly count: number;
  /** Rows that are new for certain, ascending; all of them where `count` is 0, none where they cannot be told from known ones. */
  readonly fresh: Uint32Array;
}

/** Standard deviations by which more rows have to be known than chance explains. */
const BEYOND_CHANCE = 4;
/** Share of repeated rows up to which those that are not known are still like all rows to come. */
const FEW_REPEATED = 0.01;

export function findKnownRows(
  { digests: kept, below, repeated }: RowSketch,
  digests: Uint32Array,
): KnownRows {
  const known = new Set(wordsFrom(kept));
  const rows = Uint32Array.from(digests.keys());
  const seen = rows.filter((row) => digests[row]! < below);
  const found = seen.filter((row) => known.has(digests[row]!)).length;
  const chance = repeated * seen.length;
  const limit = chance + BEYOND_CHANCE * Math.sqrt(chance * (1 - repeated));
  if (found <= limit) return { count: 0, fresh: rows };
  // Of the others, chance makes so many known.
  const share = (found / seen.length - repeated) / (1 - repeated);
  const fresh =
    repeated <= FEW_REPEATED ? seen.filter((row) => !known.has(digests[row]!)) : new Uint32Array(0);
  return { count: Math.min(rows.length, Math.max(1, Math.round(share * rows.length))), fresh };
}

function wordsToText(words: Uint32Array): string {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, k) => {
    view.setUint32(4 * k, word, true);
  });
  return toBase64(bytes);
}

function wordsFrom(text: string): Uint32Array {
  const bytes = fromBase64(text);
  const view = new DataView(bytes.buffer);
  return Uint32Array.from({ length: bytes.length >> 2 }, (_, k) => view.getUint32(4 * k, true));
}

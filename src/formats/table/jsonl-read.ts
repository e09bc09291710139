import type { ColumnBuilder } from "../../data/table/column-builder.js";
import { checkColumnTypes } from "../../data/table/column-types.js";
import { appendValue } from "../../data/table/table-from.js";
import { HypersphereError } from "../../errors.js";
import { parseExactJson, repeatedKey } from "../../text/exact-json.js";
import { nameKey } from "../../text/name-key.js";
import { shown } from "../../text/shown.js";
import { checkColumnCount, checkUnpacked } from "../limits.js";
import { splitLines, textPieces } from "../text-pieces.js";
import {
  finishColumns,
  newBuilder,
  type ReadColumns,
  refuseSpoiled,
  type TextReadOptions,
} from "./column-set.js";

/** A table keeps an empty cell, too. */
const bytesPerCell = 8;

/**
 * Reads JSON lines: one object per line, its values numbers, texts, booleans or null. Columns are the keys in order of
 * first appearance; a missing key is a missing value. Integers beyond 2^53 keep their digits. Blank lines are skipped.
 * @throws HypersphereError `unreadable-data` for a line that is no JSON object or has a key twice, `unfit-data` for nested values, for more
 * columns than the limit, and for keys so seldom that the table would be far larger than its file
 */
export async function readJsonLines(
  bytes: AsyncIterable<Uint8Array>,
  options: TextReadOptions,
): Promise<ReadColumns> {
  const { source, maxRows = Number.POSITIVE_INFINITY } = options;
  const builders = new Map<string, ColumnBuilder | undefined>();
  const position = { line: 1 };
  let rowCount = 0;

  const asWanted = options.choice.spelling;
  /** Keys of the file by what they look like: lines may write one name in several ways. */
  const spellings = new Map<string, string>();
  const written = new Map<string, string>();
  const nameOf = (key: string): string => {
    let name = written.get(key);
    if (name === undefined) {
      const wanted = asWanted(key);
      name = spellings.get(nameKey(key)) ?? wanted;
      spellings.set(nameKey(key), name);
      written.set(key, name);
    }
    return name;
  };

  const builderFor = (name: string): ColumnBuilder | undefined => {
    if (builders.has(name)) return builders.get(name);
    checkColumnCount(builders.size + 1, source, options.maxColumns);
    const builder = newBuilder(name, "line", options);
    builders.set(name, builder);
    return builder;
  };

  let taken = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const part of bytes) {
      taken += part.length;
      yield part;
    }
  }

  reading: for await (const piece of textPieces(counted(), source, position)) {
    for (const line of splitLines(piece)) {
      if (rowCount >= maxRows) break reading;
      if (line.trim() !== "") {
        for (const [key, value] of Object.entries(parseObject(line, source, position.line))) {
          const name = nameOf(key);
          const builder = builderFor(name);
          if (builder === undefined) continue;
          // Cells that were missing since the key's last row: filled in late, so that a row costs no more than its keys.
          if (builder.length > rowCount) throw alike(name, source, position.line);
          builder.appendMissing(rowCount - builder.length);
          try {
            appendValue(builder, value, position.line, source, "line");
            if (builder.spoiled) refuseSpoiled(builder, "line", options);
          } catch (error) {
            options.choice.giveUp(name, error);
            builders.set(name, undefined);
          }
        }
        rowCount++;
        checkUnpacked(rowCount * builders.size * bytesPerCell, taken, source, options);
      }
      position.line++;
    }
  }

  for (const builder of builders.values()) builder?.appendMissing(rowCount - builder.length);
  const names = [...builders.keys()];
  if (rowCount === 0 && maxRows > 0) {
    throw new HypersphereError("unreadable-data", `${source} is empty.`, {
      hint: "Was it written to the end?",
    });
  }
  const read = options.choice.places(names);
  options.choice.check(names);
  checkColumnTypes(options.columnTypes ?? {}, names, source);
  const kept = [...builders.values()].map((builder, k) => (read[k] ? builder : undefined));
  return finishColumns(kept, names, rowCount, options.choice);
}

/** A line's object; integers beyond 2^53 as texts. @throws HypersphereError `unreadable-data` */
export function parseObject(line: string, source: string, position: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseExactJson(line);
  } catch (error) {
    throw new HypersphereError(
      "unreadable-data",
      `${source}: line ${position} is not JSON (${error instanceof Error ? error.message : String(error)}).`,
      {
        hint: /^\s*\[/.test(line)
          ? "Write one object per line, without brackets and commas around them (jq -c '.[]')."
          : /[:[,]\s*-?(?:NaN|Infinity)\b/.test(line)
            ? 'JSON has no NaN and no Infinity, which Python writes all the same: write null for a missing value, or "inf".'
            : /^\s*\{\s*$/.test(line)
              ? "JSON lines hold one complete object per line; this is one over several lines (jq -c . writes it into one)."
              : /^[^{]*[,;\t|]/.test(line)
                ? "JSON lines hold one complete object per line. If this is delimited text, call the file .csv or .tsv."
                : "JSON lines hold one complete object per line.",
        cause: error,
      },
    );
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const repeated = repeatedKey(line, Object.keys(value).length);
    if (repeated === undefined) return value as Record<string, unknown>;
    throw twice(repeated, source, position);
  }
  const what = Array.isArray(value) ? "a list" : value === null ? "null" : `a ${typeof value}`;
  throw new HypersphereError("unreadable-data", `${source}: line ${position} is ${what}, not an object.`, {
    hint: 'JSON lines hold one object per line, such as {"a": 1, "b": "text"}.',
  });
}

/** Keys of one object differ, so that those of one column only look the same. */
const alike = (name: string, source: string, position: number): HypersphereError =>
  new HypersphereError(
    "unreadable-data",
    `${source}: line ${position} has more than one key that looks like ${shown(name)}.`,
    {
      hint: "Write each key once: they differ only in how Unicode writes a letter, in spaces, or in invisible characters.",
    },
  );

const twice = (key: string, source: string, position: number): HypersphereError =>
  new HypersphereError(
    "unreadable-data",
    `${source}: line ${position} has the key ${shown(key)} more than once.`,
    { hint: "Write each key once: which of the values is meant cannot be told." },
  );

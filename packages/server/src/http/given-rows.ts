import { z } from "@hono/zod-openapi";
import { parquetRowCount } from "hypersphere/io";
import { Problem } from "../problem.js";
import type { FileFormat, GivenData } from "../scoring/index.js";
import type { ArrivingFormat } from "./arriving-rows.js";
import { listOfRows, parseRows, tooManyRows } from "./parse-json.js";

const row = z.unknown().describe('A record by names of columns, such as {"flow": 3.1, "mode": "on"}.');

/** Each row is judged by itself, when it is scored: here it may be anything. */
export const rowsSchema = z.union([z.array(row), z.strictObject({ rows: z.array(row) })]);

const FORMATS: Readonly<Record<string, FileFormat | "json" | "jsonl">> = {
  "application/json": "json",
  "application/x-ndjson": "jsonl",
  "application/jsonl": "jsonl",
  "text/csv": "csv",
  "application/vnd.apache.parquet": "parquet",
  "image/png": "image",
  "image/jpeg": "image",
  "image/webp": "image",
};

export const MEDIA_TYPES = Object.keys(FORMATS);

const typeOf = (contentType: string | undefined): string =>
  (contentType ?? "").split(";")[0]!.trim().toLowerCase();

/** Of bodies that can be read while they arrive. */
export function arrivingFormat(contentType: string | undefined): ArrivingFormat | undefined {
  const type = typeOf(contentType);
  const format = Object.hasOwn(FORMATS, type) ? FORMATS[type]! : undefined;
  return format === "jsonl" || format === "csv" ? format : undefined;
}

/** What a body holds, by its content type. @throws Problem */
export function givenData(bytes: Uint8Array, contentType: string | undefined, maxRows: number): GivenData {
  const type = typeOf(contentType);
  const format = Object.hasOwn(FORMATS, type) ? FORMATS[type]! : undefined;
  if (format === undefined) {
    throw new Problem(
      "unsupported-media-type",
      `Bodies of type ${JSON.stringify(type.slice(0, 80))} are not read.`,
      {
        hint: `The header "Content-Type" has to be one of ${MEDIA_TYPES.join(", ")}.`,
      },
    );
  }
  if (format !== "json" && format !== "jsonl") {
    if (bytes.length === 0) throw noRows();
    // Its size unpacked would be bounded by nothing that the service knows.
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
      throw new Problem("unsupported-media-type", "The body is a gzip file.", {
        hint: 'Send it with the header "Content-Encoding: gzip".',
      });
    }
    return { kind: "file", bytes, format };
  }
  const rows = format === "json" ? jsonRows(bytes, maxRows) : jsonLines(bytes, maxRows);
  if (rows.length === 0) throw noRows();
  return { kind: "rows", rows };
}

/**
 * How many rows wait with a body, before it is read: of a CSV its lines, of a Parquet file what its footer says, which reading
 * checks.
 * @throws Problem `too-large`, HypersphereError `unreadable-data` for what is no Parquet file
 */
export async function countOf(data: GivenData, maxRows: number): Promise<number> {
  if (data.kind === "rows") return data.rows.length;
  if (data.format === "image") return 1;
  if (data.format === "parquet") {
    const count = (await parquetRowCount(data.bytes, "the body")) ?? maxRows;
    if (count > maxRows) throw tooManyRows(maxRows);
    return count;
  }
  let lines = 1;
  for (let at = data.bytes.indexOf(0x0a); at >= 0 && lines < maxRows; at = data.bytes.indexOf(0x0a, at + 1))
    lines++;
  return Math.min(lines, maxRows);
}

function jsonRows(bytes: Uint8Array, maxRows: number): readonly unknown[] {
  const given = parseRows(bytes, { maxRows });
  // As the schema has it, which would copy them.
  const rows = Array.isArray(given) ? given : listOfRows(given);
  if (rows !== undefined) return rows;
  throw new Problem("invalid-request", "The body is JSON, but no list of rows.", {
    hint: 'Send [{"flow": 3.1}, ...] or {"rows": [{"flow": 3.1}, ...]}.',
  });
}

function jsonLines(bytes: Uint8Array, maxRows: number): unknown[] {
  const rows: unknown[] = [];
  const nested = { count: 0 };
  let line = 0;
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(0x0a, from);
    const text = bytes.subarray(from, end < 0 ? bytes.length : end);
    line++;
    if (text.some((byte) => byte > 0x20)) {
      if (rows.length >= maxRows) throw tooManyRows(maxRows);
      rows.push(parseRows(text, { what: `Line ${line} of the body`, isRow: true, nested }));
    }
    from = end < 0 ? bytes.length : end + 1;
  }
  return rows;
}

const noRows = (): Problem => new Problem("invalid-request", "The body has no rows.");

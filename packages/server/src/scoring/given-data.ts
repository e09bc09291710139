import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Fleet, HypersphereError, type Model, open, type Samples } from "hypersphere";
import { readTable } from "hypersphere/io";
import { Problem } from "../problem.js";

export type Row = Readonly<Record<string, unknown>>;

/** What a request brings: rows, or the bytes of a file with the ending of its format. */
export type GivenData =
  | { readonly kind: "rows"; readonly rows: readonly unknown[] }
  | { readonly kind: "file"; readonly bytes: Uint8Array; readonly format: FileFormat };

export type FileFormat = "csv" | "parquet" | "image";

const ENDING: Readonly<Record<FileFormat | "rows", string>> = {
  rows: "jsonl",
  csv: "csv",
  parquet: "parquet",
  image: "png",
};

export interface ReadData {
  readonly samples: Samples;
  /** One per row of the samples; of images none. */
  readonly rows: readonly Row[];
}

const CALLED = "the body";
const MOST_PIXELS = 2 ** 25;

/**
 * Data as the model wants them, read as the library reads files, from a file that exists for as long.
 * @param use gets them while the file is there: images are read when they are scored
 * @throws HypersphereError in which the file is "the body"
 */
export async function withData<T>(
  given: GivenData,
  model: Model | Fleet,
  { folder, maxRows }: { folder: string; maxRows: number },
  use: (data: ReadData) => Promise<T>,
): Promise<T> {
  refuseOtherKind(given, model);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const format = given.kind === "rows" ? "rows" : given.format;
  const path = join(folder, `${randomUUID()}.${ENDING[format]}`);
  try {
    await writeFile(path, given.kind === "rows" ? linesOf(given.rows) : given.bytes, { mode: 0o600 });
    if (format === "image") {
      const samples = await open(path, { model, maxPixels: MOST_PIXELS });
      return await use({ samples: saidOfBody(samples, path), rows: [] });
    }
    const rows = given.kind === "rows" ? (given.rows as readonly Row[]) : await readRows(path, maxRows);
    // Before the whole of it is read: a file of a kilobyte may have a thousand million rows.
    if (rows.length > maxRows) {
      throw new Problem("too-large", `The body has more than ${maxRows} rows.`, {
        hint: "Send it in several requests.",
      });
    }
    return await use({ samples: saidOfBody(await open(path, { model }), path), rows });
  } catch (error) {
    throw renamed(error, path);
  } finally {
    await rm(path, { force: true });
  }
}

/** Before anything is written: images are for models of images, and nothing else is. */
function refuseOtherKind(given: GivenData, model: Model | Fleet): void {
  const { kind } = model.card.schema;
  const isImage = given.kind === "file" && given.format === "image";
  if (isImage === (kind === "images")) return;
  throw new HypersphereError(
    "schema-mismatch",
    `The body holds ${isImage ? "an image" : "rows"}, but the model takes ${kind === "images" ? "images" : "rows"}.`,
  );
}

/** @throws HypersphereError `unfit-data` for what is no record */
function linesOf(rows: readonly unknown[]): string {
  const lines = rows.map((row, k) => {
    if (typeof row === "object" && row !== null && !Array.isArray(row)) return JSON.stringify(row);
    throw new HypersphereError(
      "unfit-data",
      `Row ${k} of ${CALLED} is no record such as {"flow": 3, "mode": "on"}.`,
    );
  });
  return `${lines.join("\n")}\n`;
}

/** All columns of a file, not only the model's: what a row is about need not be among those. */
async function readRows(path: string, maxRows: number): Promise<Row[]> {
  const { columns, rowCount } = await readTable(path, { maxRows: maxRows + 1 });
  return Array.from({ length: rowCount }, (_, row) =>
    Object.fromEntries(
      columns.map((column) => {
        if (column.kind === "categorical") return [column.name, column.levels[column.codes[row]!] ?? null];
        const value = column.values[row]!;
        return [column.name, Number.isNaN(value) ? null : value];
      }),
    ),
  );
}

/** With what reading has to say in words for callers. */
const saidOfBody = (samples: Samples, path: string): Samples => ({
  ...samples,
  warnings: samples.warnings.map(withoutPlace(path)),
});

function renamed(error: unknown, path: string): unknown {
  if (!(error instanceof HypersphereError)) return error;
  const clean = withoutPlace(path);
  return new HypersphereError(error.code, clean(error.message), {
    cause: error,
    ...(error.hint !== undefined && { hint: clean(error.hint) }),
  });
}

/** Callers need not know where the file was. Of images, messages name the folder and the file in it. */
function withoutPlace(path: string): (text: string) => string {
  const names = [path, `"${basename(path)}"`, dirname(path)];
  return (text) => names.reduce((left, name) => left.replaceAll(name, CALLED), text);
}

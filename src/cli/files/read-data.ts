import { type FileHandle, open } from "node:fs/promises";
import type { Table } from "../../data/index.js";
import type { ColumnKind } from "../../data/table/column-builder.js";
import { HypersphereError } from "../../errors.js";
import { readTable } from "../../io/read-table.js";
import type { CliContext } from "../command.js";
import type { DataFlags } from "../flags/data-flags.js";

export interface ReadDataOptions extends DataFlags {
  /** Columns that must keep their texts as they were written, where they are there. */
  readonly textColumns?: readonly string[];
}

/** Reads a table with the flags' settings, showing how far it is and passing on what was odd. */
export async function readData(
  path: string,
  options: ReadDataOptions,
  { output, signal }: CliContext,
): Promise<Table> {
  const { delimiter, header, missing, columnType = {}, textColumns = [] } = options;
  const columnTypes: Record<string, ColumnKind> = {};
  for (const name of textColumns) columnTypes[name] = "categorical";
  Object.assign(columnTypes, columnType);
  const label = `reading ${path === "-" ? "standard input" : path}`;
  try {
    const table = await readTable(path, {
      delimiter,
      header,
      missing,
      columnTypes,
      signal,
      onProgress: ({ bytes, totalBytes }) => {
        if (totalBytes !== undefined && bytes < totalBytes) output.progress(label, bytes / totalBytes);
      },
    });
    for (const warning of table.warnings) output.warn(warning);
    return table;
  } catch (error) {
    throw lacksColumn(error, new Set(textColumns.filter((name) => !(name in columnType))));
  } finally {
    output.endProgress();
  }
}

/** The reader complains about a type for a column that is not there; here that means that the file is another one. */
function lacksColumn(error: unknown, implied: ReadonlySet<string>): unknown {
  if (!(error instanceof HypersphereError) || error.code !== "invalid-option") return error;
  const parts = /^A type was given for column "(.*)", but (.*) has only (".*)\.$/.exec(error.message);
  if (parts === null || !implied.has(parts[1]!)) return error;
  const [, name, source, present] = parts;
  return new HypersphereError("schema-mismatch", `${source} lacks the column "${name}"; it has ${present}.`, {
    cause: error,
    ...(error.hint !== undefined && { hint: error.hint }),
  });
}

/** The first bytes of a file or of standard input, which stay to be read; empty where there are none to be had. */
export async function firstBytes(path: string, count: number): Promise<Uint8Array> {
  return path === "-" ? firstBytesOfInput() : firstBytesOfFile(path, count);
}

async function firstBytesOfFile(path: string, count: number): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    // Taking bytes out of a pipe would take them from whoever reads it next.
    if (!(await file.stat()).isFile()) return new Uint8Array();
    const { buffer, bytesRead } = await file.read(new Uint8Array(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return new Uint8Array();
  } finally {
    await file?.close();
  }
}

async function firstBytesOfInput(): Promise<Uint8Array> {
  const input = process.stdin;
  const chunk = await new Promise<Buffer | null>((resolve) => {
    const take = (): void => {
      input.off("readable", take).off("end", take).off("error", take);
      resolve(input.read() as Buffer | null);
    };
    input.on("readable", take).on("end", take).on("error", take);
  });
  if (chunk !== null) input.unshift(chunk);
  return chunk ?? new Uint8Array();
}

const zipSignature = [0x50, 0x4b, 0x03, 0x04];

/** NPZ archives state which array holds the labels, so that no flag is needed. */
export async function isNpz(path: string): Promise<boolean> {
  const head = await firstBytes(path, zipSignature.length);
  return zipSignature.every((byte, k) => head[k] === byte);
}

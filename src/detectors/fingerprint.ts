import type { Column, Table } from "../data/index.js";
import { digestOf } from "../model/card.js";

/** SHA-256 over the names, kinds and values of a table's columns: tells whether two fits saw the same data. */
export async function fingerprint(table: Table): Promise<string> {
  const text = new TextEncoder();
  const digests: string[] = [];
  // Column by column, so that no second copy of a large table is made.
  for (const column of table.columns) {
    digests.push(
      await digestOf([text.encode(JSON.stringify([column.kind, column.name])), ...contents(column)]),
    );
  }
  return digestOf([text.encode(digests.join("\n"))]);
}

function contents(column: Column): Uint8Array[] {
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);
  if (column.kind === "numeric") return [bytes(column.values)];
  return [bytes(column.codes), new TextEncoder().encode(JSON.stringify(column.levels))];
}

import type { Column, ImageSet, Table } from "../../data/index.js";
import { digestOf } from "../../math/digest.js";

const text = new TextEncoder();

/** Values are digested in pieces of this many bytes: a digest copies what it is given. */
const PIECE_BYTES = 2 ** 20;

/** SHA-256 over names, kinds and values of the columns. */
export async function tableFingerprint(table: Table): Promise<string> {
  const digests: string[] = [];
  for (const column of table.columns) {
    digests.push(JSON.stringify([column.kind, column.name]));
    for (const piece of pieces(column)) digests.push(await digestOf([piece]));
  }
  return digestOf([text.encode(digests.join("\n"))]);
}

/** SHA-256 over the sizes and pixels of all images, one after the other. */
export async function imagesFingerprint(images: ImageSet): Promise<string> {
  let chain = "";
  for (let row = 0; row < images.rowCount; row++) {
    const { height, width, data: pixels } = await images.read(row);
    chain = await digestOf([text.encode(`${chain} ${height} ${width}`), pixels]);
  }
  return chain;
}

function* pieces(column: Column): Generator<Uint8Array> {
  const { buffer, byteOffset, byteLength } = column.kind === "numeric" ? column.values : column.codes;
  for (let from = 0; from < byteLength; from += PIECE_BYTES) {
    yield new Uint8Array(buffer, byteOffset + from, Math.min(PIECE_BYTES, byteLength - from));
  }
  if (column.kind === "categorical") yield text.encode(JSON.stringify(column.levels));
}

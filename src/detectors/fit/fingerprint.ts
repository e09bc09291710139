import { type Column, type Dataset, isImages, isSeries, type Table } from "../../data/index.js";
import { digestOf } from "../../math/digest.js";

/** Values are digested in pieces of this many bytes: a digest copies what it is given. */
const PIECE_BYTES = 2 ** 20;

/**
 * SHA-256 over what data hold: names, kinds and values of columns, where windows begin, pixels. Tells whether two fits
 * saw the same data.
 */
export async function fingerprint(data: Dataset): Promise<string> {
  const text = new TextEncoder();
  if (isSeries(data)) {
    const steps = await tableFingerprint(data.steps);
    const starts = await digestOf([new Uint8Array(data.starts.buffer)]);
    return digestOf([text.encode(`${steps} ${data.layout.window} ${starts}`)]);
  }
  if (!isImages(data)) return tableFingerprint(data);
  let chain = "";
  for (let row = 0; row < data.rowCount; row++) {
    const { height, width, data: pixels } = await data.read(row);
    chain = await digestOf([text.encode(`${chain} ${height} ${width}`), pixels]);
  }
  return chain;
}

async function tableFingerprint(table: Table): Promise<string> {
  const digests: string[] = [];
  for (const column of table.columns) {
    digests.push(JSON.stringify([column.kind, column.name]));
    for (const piece of pieces(column)) digests.push(await digestOf([piece]));
  }
  return digestOf([new TextEncoder().encode(digests.join("\n"))]);
}

function* pieces(column: Column): Generator<Uint8Array> {
  const { buffer, byteOffset, byteLength } = column.kind === "numeric" ? column.values : column.codes;
  for (let from = 0; from < byteLength; from += PIECE_BYTES) {
    yield new Uint8Array(buffer, byteOffset + from, Math.min(PIECE_BYTES, byteLength - from));
  }
  if (column.kind === "categorical") yield new TextEncoder().encode(JSON.stringify(column.levels));
}

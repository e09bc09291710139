import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";

/** A folder for a benchmark's files, gone when the process ends. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "hypersphere-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a float32 matrix in C order as array X of an NPZ archive, as numpy.savez does. */
export function writeNpz(path, data, rows, columns) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11, " ")}\n`;
  const header = Buffer.from(`\x93NUMPY\x01\x00..${padded}`, "latin1");
  header.writeUInt16LE(padded.length, 8);
  const npy = Buffer.concat([header, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
  writeFileSync(path, zipSync({ "X.npy": npy }, { level: 0 }));
}

/** Writes NPY and NPZ files as numpy does. */
import { zipSync } from "fflate";

export function npy(descr: string, shape: readonly number[], data: Uint8Array): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([start, Buffer.from(header, "latin1"), data]);
}

export function npyFloats(shape: readonly number[], values: readonly number[]): Uint8Array {
  return npy("<f8", shape, new Uint8Array(Float64Array.from(values).buffer));
}

/** An array of Python objects: what stands in it is a pickle, which runs code when it is read. */
export function npyObjects(): Uint8Array {
  return npy("|O", [2], Buffer.from("\x80\x04\x95cos\nsystem\n", "latin1"));
}

export function npz(arrays: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes])));
}

/** X and y of a CSV with a header: X has the named columns. */
export function npzOfCsv(csv: string, features: readonly string[], label: string): Uint8Array {
  const [header, ...rows] = csv
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  const column = (name: string): number => header!.indexOf(name);
  const x = rows.flatMap((row) => features.map((name) => Number(row[column(name)])));
  const y = rows.map((row) => Number(row[column(label)]));
  return npz({ X: npyFloats([rows.length, features.length], x), y: npyFloats([rows.length], y) });
}

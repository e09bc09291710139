// One reading of a Parquet file in a fresh process. Arguments: the file, and where it is decoded: "thread" or "here".
import { built } from "../lib/root.js";

const [path, where] = process.argv.slice(2);
const { nodePlatform } = await import(built("io/platform.js"));
const { byteSource } = await import(built("io/byte-source.js"));
const { readTableFrom } = await import(built("formats/table/read-table.js"));
const { zlibPages } = await import(built("io/zlib-inflate.js"));

// Loaded when it is needed, as where a platform has no decoder of its own.
const here = async (data, job, control) => {
  const { decodeParquet } = await import(built("formats/table/parquet-decode.js"));
  return decodeParquet(data, job, { ...control, pages: zlibPages });
};
const platform = where === "thread" ? nodePlatform : { ...nodePlatform, decodeParquet: here };
const begun = performance.now();
const { rowCount, columns } = await readTableFrom(await byteSource(path), {}, platform);
const milliseconds = performance.now() - begun;
const sum = columns.reduce(
  (total, column) =>
    total +
    (column.kind === "numeric" ? column.values : column.codes).reduce(
      (a, b) => a + (Number.isNaN(b) ? 0 : b),
      0,
    ),
  0,
);
process.stdout.write(
  JSON.stringify({ milliseconds, rowCount, sum, peakMiB: process.resourceUsage().maxRSS / 1024 }),
);

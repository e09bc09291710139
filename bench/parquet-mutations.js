/**
 * Damages small Parquet files (test/golden/parquet: every type, encoding and compression that the reader claims) at random
 * and reads them: each has to be read as it was, or to be refused by an error of ours, within 5 s.
 *
 *     node scripts/build.js && node bench/parquet-mutations.js --count 20000 --seed 1
 *
 * Counted as faults: hangs (over 5 s), crashes (of the thread, and errors that are no HypersphereError or say "internal"),
 * unhandled rejections, and wrong tables: read without an error, but of another shape, with other names or kinds of columns, or
 * with other values although no byte of a page's body was changed. Other values after damage inside a page's body, where no
 * checksum stands beside it, cannot be told from true ones; they are counted apart. Ends with exit code 1 where there are faults;
 * --keep FOLDER keeps the files that made them.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { mutate, randomFrom } from "./lib/mutations.js";
import { root } from "./lib/root.js";

const folder = join(root, "test/golden/parquet");
const slowMs = 5000;

if (isMainThread) await main();
else await readInWorker();

async function main() {
  const { values } = parseArgs({
    options: { count: { type: "string" }, seed: { type: "string" }, keep: { type: "string" } },
  });
  const [count, seed] = [Number(values.count ?? 20000), Number(values.seed ?? 1)];
  const tally = { refused: 0, same: 0, "other values": 0, wrong: 0, hang: 0, crash: 0, unhandled: 0 };
  let slowest = 0;
  const fault = ({ at, file, kind, bytes, what, result }) => {
    console.log(`${result}: mutation ${at} of ${file} (${kind}): ${what}`);
    if (values.keep === undefined || bytes === undefined) return;
    mkdirSync(values.keep, { recursive: true });
    writeFileSync(join(values.keep, `${result}-${at}-${file}`), bytes);
  };
  for (let next = 0; next < count; ) next = await reading(next);

  /** Reads on in a thread until all is done or the thread is ended. @returns where to go on */
  function reading(first) {
    return new Promise((resolve) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { first, count, seed } });
      let current = { at: first };
      let watch;
      const end = (result, what) => {
        clearTimeout(watch);
        tally[result]++;
        fault({ ...current, result, what });
        worker.removeAllListeners();
        worker.terminate().then(() => resolve(current.at + 1));
      };
      worker.on("message", (message) => {
        clearTimeout(watch);
        if (message.done) resolve(count);
        else if (message.begun) {
          current = message;
          watch = setTimeout(() => end("hang", `longer than ${slowMs} ms`), slowMs);
        } else {
          tally[message.result]++;
          slowest = Math.max(slowest, message.ms);
          if (["wrong", "crash", "unhandled"].includes(message.result)) fault({ ...current, ...message });
        }
      });
      worker.on("error", (error) => end("crash", error.message));
      worker.on("exit", (code) => code !== 0 && end("crash", `the thread ended with ${code}`));
    });
  }

  const faults = tally.wrong + tally.hang + tally.crash + tally.unhandled;
  for (const [name, number] of Object.entries(tally)) console.log(name.padEnd(14), number);
  console.log("slowest, ms".padEnd(14), Math.round(slowest));
  process.exitCode = faults === 0 ? 0 : 1;
}

async function readInWorker() {
  const { readTable } = await import("../dist/io/readers.js");
  const { Readable } = await import("node:stream");
  const { HypersphereError } = await import("../dist/errors.js");
  const { first, count, seed } = workerData;
  let unhandled;
  process.on("unhandledRejection", (error) => {
    unhandled = error;
  });
  const read = (bytes) =>
    readTable(Readable.from([Buffer.from(bytes)], { objectMode: false }), { format: "parquet" });
  /** Whether a table is what the damage inside bodies of pages alone makes of it. */
  async function explained(table, { bytes: original, bodies }, bytes, changed) {
    const inside = changed.filter((place) => bodies[place] === 1);
    if (inside.length === changed.length) return true;
    if (bytes.length !== original.length) return false;
    const alone = Uint8Array.from(original);
    for (const place of inside) alone[place] = bytes[place];
    return described(await read(alone)).values === table.values;
  }

  const originals = [];
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith(".parquet"))
    .sort()) {
    const bytes = readFileSync(join(folder, file));
    originals.push({ file, bytes, bodies: await bodiesOf(bytes), ...described(await read(bytes)) });
  }
  for (let at = first; at < count; at++) {
    const random = randomFrom(seed * 1_000_003 + at);
    const original = originals[at % originals.length];
    const { bytes, changed, kind } = mutate(original.bytes, random);
    parentPort.postMessage({ begun: true, at, file: original.file, kind, bytes });
    unhandled = undefined;
    const start = performance.now();
    let result;
    let what;
    try {
      const table = described(await read(bytes));
      if (table.shape !== original.shape)
        [result, what] = ["wrong", `${table.shape} in place of ${original.shape}`];
      else if (table.values === original.values) result = "same";
      else if (await explained(table, original, bytes, changed)) result = "other values";
      else [result, what] = ["wrong", "other values"];
    } catch (error) {
      const ours = error instanceof HypersphereError && error.code !== "internal";
      result = ours ? "refused" : "crash";
      what = error?.stack;
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (unhandled !== undefined) [result, what] = ["unhandled", unhandled?.stack];
    parentPort.postMessage({ result, what, ms: performance.now() - start });
  }
  parentPort.postMessage({ done: true });
}

/** Shape, names and kinds of a table, and its values, as texts that can be compared. */
function described({ rowCount, columns }) {
  const values = columns.map((column) =>
    column.kind === "numeric"
      ? [...column.values].map(String)
      : [...column.codes].map((code) => column.levels[code] ?? null),
  );
  const shape = `${rowCount} rows of ${columns.map(({ name, kind }) => `${name} ${kind}`).join(", ")}`;
  return { shape, values: JSON.stringify(values) };
}

/** 1 for each byte of a file that is in the body of a page without a checksum beside it. */
async function bodiesOf(bytes) {
  const { parquetMetadata } = await import("hyparquet");
  const { parquetHeader } = await import("hyparquet/src/column.js");
  const inside = new Uint8Array(bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const group of parquetMetadata(Uint8Array.from(bytes).buffer).row_groups) {
    for (const { meta_data: meta } of group.columns) {
      const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
      const end = start + Number(meta.total_compressed_size);
      const reader = { view, offset: start };
      while (reader.offset < end) {
        const { compressed_page_size: size, crc } = parquetHeader(reader);
        if (crc === undefined) inside.fill(1, reader.offset, reader.offset + size);
        reader.offset += size;
      }
    }
  }
  return inside;
}

import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { columnLabels } from "../../data/labels.js";
import type { SeriesSet } from "../../data/series/series.js";
import { seriesFromTable } from "../../data/series/series-from-table.js";
import { open } from "../../io/open.js";
import { readTable, readWindows } from "../../io/readers.js";
import type { ReadWindowsOptions } from "./windows-read.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hypersphere-"));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (name: string, content: string | Uint8Array, options?: ReadWindowsOptions) => {
  await writeFile(join(folder, name), content);
  return readWindows(join(folder, name), options);
};

const channels = ({ steps }: SeriesSet) =>
  steps.columns.map((column) => [column.name, column.kind === "numeric" ? [...column.values] : column.codes]);

const ts = (cases: string, header = "@timeStamps false\n@classLabel true up down\n") =>
  `# about\n\n@problemName Two\n${header}@data\n${cases}`;

describe("readWindows on .ts files", () => {
  it("reads cases, dimensions, missing values and classes", async () => {
    const { series, classes } = await read(
      "a.ts",
      ts("1, 2,?:4,5,6:up\n\n-1e1,NaN,.5:7,8,9:down\n1,1,1:1,1,1:up"),
    );
    expect(channels(series)).toEqual([
      ["x0", [1, 2, Number.NaN, -10, Number.NaN, 0.5, 1, 1, 1]],
      ["x1", [4, 5, 6, 7, 8, 9, 1, 1, 1]],
    ]);
    expect(series).toMatchObject({
      rowCount: 3,
      layout: { window: 3, stride: 3 },
      source: join(folder, "a.ts"),
    });
    expect([...series.starts]).toEqual([0, 3, 6]);
    expect([...columnLabels(classes!, "a.ts", { normalLabel: "up" })]).toEqual([0, 1, 0]);
  });

  it("reads it from streams, compressed, without classes", async () => {
    const text = ts("1,2\r\n3,4\r\n", "@univariate true\n@classLabel false\n");
    const { series, classes } = await readWindows(Readable.from([gzipSync(text)]));
    expect(channels(series)).toEqual([["x0", [1, 2, 3, 4]]]);
    expect(classes).toBeUndefined();
  });

  it.each([
    ["1,2:up\n1,2,3:up", "unfit-data", "line 8 has 3 steps in dimension 1, but those before have 2"],
    ["1,2:1,2,3:up", "unfit-data", "line 7 has 3 steps in dimension 2"],
    ["(0,1),(1,5):up", "unfit-data", "time stamps"],
    ["1,2:sideways", "unreadable-data", 'line 7 ends in "sideways", which is no class'],
    ["1,2", "unreadable-data", 'line 7 ends in "1,2", which is no class'],
    ["1,2:up\n1,2:3,4:up", "unreadable-data", "line 8 has 2 dimensions, where 1 were expected"],
    ["1,two:up", "unreadable-data", 'line 7 holds "two", which is no number'],
    ["1,,2:up", "unreadable-data", 'line 7 holds "", which is no number'],
    ["", "unreadable-data", "ends before its first case"],
  ])("refuses %j", async (cases, code, message) => {
    await expect(read("b.ts", ts(cases))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it("refuses headers that it cannot keep to", async () => {
    await expect(read("c.ts", ts("1:up", "@timeStamps true\n"))).rejects.toThrow(
      "its cases have time stamps",
    );
    await expect(read("c.ts", ts("1:up", "@dimensions two\n"))).rejects.toThrow(
      'line 4 states "two" dimensions',
    );
    await expect(read("c.ts", ts("1:2", "@dimensions 3\n"))).rejects.toThrow("has 2 dimensions, where 3");
    await expect(read("c.ts", "1,2,3\n")).rejects.toThrow("line 1 is no header line");
  });

  it("is no table, and a table holds no windows", async () => {
    await expect(readTable(join(folder, "a.ts"))).rejects.toMatchObject({
      hint: expect.stringContaining("series"),
    });
    await writeFile(join(folder, "renamed.txt"), ts("1:up"));
    await expect(readTable(join(folder, "renamed.txt"))).rejects.toThrow("is a .ts file of the UCR archive");
    await expect(read("d.csv", "a,b\n1,2\n")).rejects.toMatchObject({
      hint: expect.stringContaining("window"),
    });
  });
});

describe("readWindows on arrays", () => {
  /** An NPY file of float64 in C order. */
  const npy = (shape: readonly number[], values: readonly number[], fortran = "False"): Uint8Array => {
    const text = `{'descr': '<f8', 'fortran_order': ${fortran}, 'shape': (${shape.join(", ")},), }`;
    const header = Buffer.from(`\x93NUMPY\x01\x00..${text.padEnd(117)}\n`, "latin1");
    header.writeUInt16LE(118, 8);
    return Uint8Array.from(Buffer.concat([header, Buffer.from(Float64Array.from(values).buffer)]));
  };

  it("reads two and three dimensions, and labels", async () => {
    const X = npy([2, 3, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const { series, classes } = await read("a.npz", zipSync({ "X.npy": X, "y.npy": npy([2], [0, 1]) }));
    expect(channels(series)).toEqual([
      ["x0", [1, 3, 5, 7, 9, 11]],
      ["x1", [2, 4, 6, 8, 10, 12]],
    ]);
    expect([...columnLabels(classes!)]).toEqual([0, 1]);
    const flat = await read("a.npy", npy([2, 3], [1, 4, 2, 5, 3, 6], "True"));
    expect(channels(flat.series)).toEqual([["x0", [1, 2, 3, 4, 5, 6]]]);
    expect(flat.series.layout.window).toBe(3);
    expect(flat.classes).toBeUndefined();
  });

  it("reads the split of the data set", async () => {
    const X = npy([3, 2], [1, 2, 3, 4, 5, 6]);
    const archive = (split: number[]) => zipSync({ "X.npy": X, "split.npy": npy([split.length], split) });
    const { split } = await read("s.npz", archive([1, 0, 1]));
    expect([[...split!.train], [...split!.test]]).toEqual([[1], [0, 2]]);
    await expect(read("s.npz", archive([1, 0]))).rejects.toThrow("X has 3 windows, but split has 2 values");
    await read("s.npz", archive([1, 0, 1]));
    const part = await open(join(folder, "s.npz"), { series: true, part: "test" });
    expect([part.rowCount, part.names!.of(1), part.split]).toEqual([2, [3], undefined]);
  });

  it("refuses other shapes, naming them", async () => {
    await expect(read("b.npy", npy([6], [1, 2, 3, 4, 5, 6]))).rejects.toThrow(
      "shape (6), but (windows, steps)",
    );
    const X = npy([2, 2], [1, 2, 3, 4]);
    await expect(read("b.npz", zipSync({ "X.npy": X, "y.npy": npy([3], [0, 1, 1]) }))).rejects.toThrow(
      "X has 2 windows, but y has 3 values",
    );
    await expect(read("b.npz", zipSync({ "a.npy": X, "b.npy": X }))).rejects.toThrow(
      "none of them is named X",
    );
    expect((await read("b.npz", zipSync({ "a.npy": X, "b.npy": X }), { array: "b" })).series.rowCount).toBe(
      2,
    );
  });
});

const shared = join(import.meta.dirname, "../../../../shared/data/timeseries");

describe.skipIf(!existsSync(shared))("real series", () => {
  it.each([
    ["TRAIN", 67, 34],
    ["TEST", 1029, 513],
  ])("reads ItalyPowerDemand %s", async (part, rows, ones) => {
    const { series, classes } = await readWindows(
      join(shared, `ucr-classification/ItalyPowerDemand_${part}.ts`),
    );
    expect([series.rowCount, series.layout.window, series.steps.columns.length]).toEqual([rows, 24, 1]);
    const labels = columnLabels(classes!, "", { normalLabel: 1 });
    expect(labels.filter((label) => label === 0).length).toBe(ones);
  });

  it("reads ECG5000, every beat z-normalised as its source has it", async () => {
    const { series, classes } = await readWindows(join(shared, "ecg5000/ecg5000.npz"));
    expect([series.rowCount, series.layout.window]).toEqual([5000, 140]);
    expect(columnLabels(classes!).filter((label) => label === 1).length).toBe(2081);
    const values = (series.steps.columns[0] as { values: Float32Array }).values;
    for (const row of [0, 2500, 4999]) {
      const beat = values.subarray(series.starts[row]!, series.starts[row]! + 140);
      const mean = beat.reduce((sum, value) => sum + value, 0) / 140;
      const variance = beat.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 139;
      expect(mean).toBeCloseTo(0, 4);
      expect(variance).toBeCloseTo(1, 2);
    }
  });

  // Counted with Python's datetime from the same files: gaps beyond 3 median steps, rows of one time, odd steps. The
  // machine's clock was set back by an hour once, and shows twelve times again.
  it.each([
    ["ambient_temperature_system_failure", 8, 0, 2],
    ["cpu_utilization_asg_misconfiguration", 0, 0, 0],
    ["ec2_request_latency_system_failure", 1, 11, 2],
    ["machine_temperature_system_failure", 0, 0, 0],
    ["nyc_taxi", 0, 0, 0],
    ["rogue_agent_key_hold", 42, 0, 49],
    ["rogue_agent_key_updown", 3, 0, 7],
  ])("finds gaps, doubles and irregular steps of NAB's %s", async (name, gaps, doubles, uneven) => {
    const table = await readTable(join(shared, `nab/realKnownCause/${name}.csv`));
    const series = seriesFromTable(table, { window: 2, timeColumn: "timestamp" });
    const said = (pattern: RegExp): number =>
      Number(series.warnings.map((warning) => pattern.exec(warning)?.[1]).find(Boolean) ?? 0);
    expect([said(/: (\d+) gaps? /), said(/: (\d+) rows? ha/), said(/irregular: (\d+) /)]).toEqual([
      gaps,
      doubles,
      uneven,
    ]);
    const setBack = series.warnings.filter((warning) => warning.includes("go back by an hour in row 10150"));
    expect(setBack).toHaveLength(name.startsWith("machine") ? 1 : 0);
    // The steps are the rows in the order of time.
    const values = table.columns.find((column) => column.name === "value") as { values: Float64Array };
    const steps = series.steps.columns[0] as { values: Float64Array };
    expect([...series.rowSteps].map((step) => steps.values[step])).toEqual([...values.values]);
  });

  it("reads files with one value per line as tables without a header", async () => {
    const path = join(shared, "ucr-anomaly/135_UCR_Anomaly_InternalBleeding16_1200_4187_4199.txt");
    const table = await readTable(path, { header: false });
    expect([table.rowCount, table.columns.length]).toEqual([7501, 1]);
    expect((table.columns[0] as { values: Float64Array }).values[0]).toBe(63.73215);
  });
});

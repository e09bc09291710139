import { describe, expect, it } from "vitest";
import { type ColumnData, samplesOf, tableFromColumns } from "../../data/index.js";
import { createRandom } from "../../math/random.js";
import { provideBackend } from "../../runtime/index.js";
import { nodeBackend } from "../../runtime/node/backend.js";
import { Knn } from "../neighbours/knn.js";

provideBackend(nodeBackend({ cores: 1 }));

const COUNT = 80;
const random = createRandom(5).stream("v");
const v = Array.from({ length: COUNT }, () => random.normal());
const make = <T>(value: (row: number) => T): T[] => Array.from({ length: COUNT }, (_, row) => value(row));
const rare = make((row) => (row % 9 === 4 ? 1 : 0));

async function warningsOf(name: string, data: ColumnData, reading = {}): Promise<string[]> {
  const warnings: string[] = [];
  const samples = samplesOf(tableFromColumns({ v, [name]: data }), { reading });
  await new Knn().fit(samples, { onWarning: (warning) => warnings.push(warning) });
  return warnings;
}

describe("columns named and filled like labels", () => {
  it.each<[string, ColumnData]>([
    ["y", rare],
    ["Label", make((row) => (row % 9 === 4 ? "anomaly" : "normal"))],
    ["is_anomaly", make((row) => (row % 9 === 4 ? "TRUE" : "FALSE"))],
    ["isFraud", rare],
    ["Class", make((row) => (row % 9 === 4 ? -1 : 1))],
    ["target", rare],
    ["y_true", rare],
    ["attack_label", make((row) => row % 4)],
    ["OUTLIER", rare],
    ["attack", make((row) => (row % 9 === 4 ? ["dos", "probe"][row % 2]! : "normal"))],
    ["label", make((row) => (row === 3 ? null : row % 9 === 4 ? "bad" : "good"))],
  ])("are named in a warning: %s", async (name, data) => {
    expect(await warningsOf(name, data)).toEqual([
      expect.stringMatching(
        new RegExp(`^Column "${name}" is learned from, but it has the name of a label.*option "labelColumn"`),
      ),
    ]);
  });

  it.each<[string, ColumnData]>([
    ["valve", rare],
    ["class", make((row) => row % 7)],
    ["faults", make((row) => row % 7)],
    ["label", make((row) => 100 + (row % 3))],
    ["target", v.map((value) => 2 * value)],
    ["year", make((row) => 2020 + (row % 2))],
    ["label", make((row) => ["red", "green", "blue"][row % 3]!)],
  ])("are none where name or values are others: %s", async (name, data) => {
    expect(await warningsOf(name, data)).toEqual([]);
  });

  it.each([
    ["status", "OK", "NG"],
    ["result", "pass", "FAIL"],
    ["quality", "good", "bad"],
    ["state", "normal", "anomaly"],
    ["check", "Accepted", "rejected"],
  ])("are known by their verdicts, whatever their name: %s of %s and %s", async (name, good, bad) => {
    expect(
      await warningsOf(
        name,
        make((row) => (row % 9 === 4 ? bad : good)),
      ),
    ).toEqual([
      expect.stringMatching(
        new RegExp(`^Column "${name}" .*are verdicts: "?${good}"?.*"?${bad}"?.*option "labelColumn"`),
      ),
    ]);
  });

  it.each([
    ["on", ["yes", "no"]],
    ["open", ["true", "false"]],
    ["level", ["normal", "high", "low"]],
    ["mode", ["ok", "standby"]],
  ])("are no verdicts where texts mean something else: %s", async (name, texts) => {
    expect(
      await warningsOf(
        name,
        make((row) => texts[row % texts.length]!),
      ),
    ).toEqual([]);
  });

  it("are not spoken of where they were asked for by name", async () => {
    expect(await warningsOf("y", rare, { columns: ["v", "y"] })).toEqual([]);
    expect(await warningsOf("y", rare, { columnTypes: { y: "numeric" } })).toEqual([]);
  });
});

describe("columns that number the rows", () => {
  it("are left out with a warning, and kept where they were asked for", async () => {
    const serial = make((row) => row + 1);
    expect(await warningsOf("serial", serial)).toEqual([
      expect.stringMatching(
        /^Column "serial" is left out: it holds whole numbers that grow or fall with the rows; .*option "columnTypes"/,
      ),
    ]);
    expect(await warningsOf("serial", serial, { columns: ["v", "serial"] })).toEqual([]);
  });

  it("stay where they may be a measurement, with a warning", async () => {
    const total = make((row) => row + 0.9 * Math.sin(row));
    expect(await warningsOf("total", total)).toEqual([
      expect.stringContaining("holds numbers that only ever grow"),
    ]);
  });
});

describe("rows that are there several times", () => {
  const w = v.map((value) => Math.round(3 * value));
  const table = (rows: readonly number[]) =>
    tableFromColumns({ v: rows.map((row) => v[row]!), w: rows.map((row) => w[row]!) }, "log.csv");
  const doubts = async (data: ReturnType<typeof table>): Promise<string[]> => {
    const warnings: string[] = [];
    await new Knn().fit(data, { onWarning: (warning) => warnings.push(warning) });
    return warnings.filter((warning) => warning.includes("are copies of each other"));
  };
  const all = make((row) => row);

  it("are counted where their columns hardly repeat otherwise", async () => {
    expect(await doubts(table([...all, ...all]))).toEqual([
      expect.stringMatching(
        /^160 of 160 rows of log\.csv \(100\.0 %\) are copies of each other: .* agree in "?v"?\. .* keep one of each\.$/,
      ),
    ]);
    expect(await doubts(table([...all, 3, 3, 5]))).toEqual([
      expect.stringMatching(/^5 of 83 rows of log\.csv \(6\.0 %\)/),
    ]);
  });

  it("are no copies where each is alone, or all columns have few values", async () => {
    expect(await doubts(table(all))).toEqual([]);
    const dice = make((row) => ((row * 7) % 11) % 6);
    expect(await doubts(tableFromColumns({ dice, twice: dice.map((value) => 2 * value) }))).toEqual([]);
    const rounded = v.map((value) => Math.round(10 * value) / 10);
    expect(await doubts(tableFromColumns({ rounded }))).toEqual([]);
  });
});

describe("numbers that seem to stand for nothing", () => {
  const filled = (fill: number, rows = 9): number[] =>
    v.map((value, row) => (row % rows === 4 ? fill : value));

  it.each([-999, 99999, -99.99, -999.25, 2147483647, 9.969209968386869e36])(
    "are named in a warning: %d",
    async (fill) => {
      const warning = expect.stringContaining(`Column "watts": 9 cells are ${fill}, far from all others (-`);
      expect(await warningsOf("watts", filled(fill))).toEqual([warning]);
      expect(await warningsOf("watts", filled(fill), { columns: ["v", "watts"] })).toEqual([]);
    },
  );

  it("are found at both ends, and where numbers are missing", async () => {
    const data = filled(-999).map((value, row) =>
      row % 11 === 3 ? 9999 : row % 7 === 1 ? Number.NaN : value,
    );
    expect(await warningsOf("watts", data)).toEqual([
      expect.stringMatching(/ are -999, far/),
      expect.stringMatching(/ are 9999, far/),
    ]);
  });

  it("are none where they come once, lie among others, or are no such number", async () => {
    expect(await warningsOf("watts", filled(-999, 99))).toEqual([]);
    expect(
      await warningsOf(
        "share",
        make((row) => 50 + ((row * 7) % 50)),
      ),
    ).toEqual([]);
    expect(await warningsOf("watts", filled(1000))).toEqual([]);
    expect(
      await warningsOf(
        "flag",
        make((row) => (row % 3 === 0 ? 99 : 1)),
      ),
    ).toEqual([]);
  });
});

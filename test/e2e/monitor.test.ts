import { beforeAll, describe, expect, test } from "vitest";
import { build, madeUpCsv, Workspace } from "./cli.js";

const work = new Workspace();

interface Report {
  drift: boolean;
  rows: number;
  martingale: { alarmed: boolean; row: number | null; before: number; pushed: number; logValue: number };
  features: { name: string; unseen: number | null; stability: { psi: number } | null; missing: number }[];
  shifted: string[];
}

/** The same data with other cells. */
const edited = (csv: string, edit: (cells: string[], row: number) => void): string =>
  csv
    .split("\n")
    .map((line, k) => {
      if (k === 0 || line === "") return line;
      const cells = line.split(",");
      edit(cells, k);
      return cells.join(",");
    })
    .join("\n");

const half = (csv: string, second: boolean): string => {
  const [header, ...lines] = csv.trimEnd().split("\n");
  return `${[header, ...(second ? lines.slice(150) : lines.slice(0, 150))].join("\n")}\n`;
};

beforeAll(async () => {
  build();
  const types = ["--column-type", "kind=categorical", "--exclude", "id,fixed,y"];
  work.write("normal.csv", madeUpCsv({ rows: 1000 }));
  await work.ok(["train", "normal.csv", "--out", "m.onnx", "--detector", "knn", ...types]);
  const today = madeUpCsv({ rows: 300, seed: 9 });
  work.write("today.csv", today);
  work.write("morning.csv", half(today, false));
  work.write("evening.csv", half(today, true));
  const moved = edited(today, (cells, row) => {
    if (row > 100) cells[3] = String(Number(cells[3]) + 4);
    if (row > 200) cells[4] = row % 2 === 0 ? "new" : "";
  });
  work.write("moved.csv", moved);
});

async function report(args: readonly string[], code: number): Promise<Report> {
  const result = await work.run(["monitor", "m.onnx", "--json", ...args]);
  expect(result.code, result.stderr).toBe(code);
  return JSON.parse(result.stdout) as Report;
}

describe("monitor", () => {
  test("without drift: exit code 0, and the verdict first", async () => {
    const { stdout } = await work.ok(["monitor", "m.onnx", "--input", "today.csv"]);
    expect(stdout).toMatch(/^No drift noticed in 300 rows of today\.csv\./);
    expect(stdout).toMatch(/Martingale\n.*alarm at 100/s);
    expect(stdout).toMatch(/Columns by population stability index/);
    expect(await report(["--input", "today.csv"], 0)).toMatchObject({ drift: false, rows: 300, shifted: [] });
  });

  test("with drift: exit code 8, the row of the alarm, and the columns", async () => {
    const found = await report(["--input", "moved.csv"], 8);
    expect(found.drift).toBe(true);
    expect(found.martingale.row).toBeGreaterThan(100);
    expect(found.martingale.row).toBeLessThan(160);
    // By falling PSI: levels that training never saw weigh most.
    expect(found.shifted).toEqual(["kind", "c"]);
    expect(found.features.map(({ name }) => name).slice(0, 2)).toEqual(["kind", "c"]);
    const kind = found.features.find(({ name }) => name === "kind")!;
    expect(kind.unseen).toBeCloseTo(50 / 300, 6);
    expect(kind.missing).toBeCloseTo(50 / 300, 6);
    const { stdout, code } = await work.run(["monitor", "m.onnx", "--input", "moved.csv"]);
    expect(code).toBe(8);
    expect(stdout).toMatch(
      /^DRIFT: moved\.csv .* noticed at row \d+ \(.* at most 1\.0 %\)\. 2 columns have moved/,
    );
    expect(stdout).toMatch(/never seen, such as "new"/);
  });

  test("a stream in two files, with its state between them, is the same as in one", async () => {
    const whole = await report(["--input", "today.csv"], 0);
    await report(["--input", "morning.csv", "--state", "s.json"], 0);
    const { martingale } = await report(["--input", "evening.csv", "--state", "s.json"], 0);
    expect(martingale.before).toBe(150);
    expect(martingale.logValue).toBe(whole.martingale.logValue);
    const after = await report(["--input", "moved.csv", "--state", "s.json"], 8);
    expect(after.martingale).toMatchObject({ before: 300, pushed: 600 });
    // An alarm stays until the state is deleted.
    expect((await report(["--input", "today.csv", "--state", "s.json"], 8)).martingale.row).toBeNull();
  });

  test("--strict also minds columns that the scores do not show", async () => {
    // No training row was without "b"; the missing ones are filled with the median.
    work.write(
      "silent.csv",
      edited(work.text("today.csv"), (cells, row) => {
        if (row % 5 === 0 && Math.abs(Number(cells[1])) < 1) cells[2] = "";
      }),
    );
    const { shifted, drift } = await report(["--input", "silent.csv", "--delta", "1e-9"], 0);
    expect({ shifted, drift }).toEqual({ shifted: ["b"], drift: false });
    await report(["--input", "silent.csv", "--delta", "1e-9", "--strict"], 8);
  });

  test("states of another promise, another model or no monitor at all are refused", async () => {
    await report(["--input", "today.csv", "--state", "t.json"], 0);
    const monitor = ["monitor", "m.onnx", "--input", "today.csv"];
    await work.fails([...monitor, "--state", "t.json", "--delta", "0.2"], 2, /begun with 0\.01/);
    await work.fails([...monitor, "--state", "moved.csv"], 3, /not the state of a monitor/);
    await work.fails([...monitor, "--delta", "2"], 2, /--delta is "2"/);
    await work.fails(["monitor", "m.onnx"], 2, /--input/);
    const state = JSON.parse(work.text("t.json")) as Record<string, unknown>;
    work.write("foreign.json", JSON.stringify({ ...state, calibration: "0" }));
    await work.fails([...monitor, "--state", "foreign.json"], 2, /another model/);
    work.write("broken.json", JSON.stringify({ ...state, monitor: { version: 1 } }));
    await work.fails([...monitor, "--state", "broken.json"], 3, /not the state/);
  });
});

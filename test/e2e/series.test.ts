import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/math/random.js";
import { build, Workspace } from "./cli.js";

const work = new Workspace();
const random = createRandom(11);

/** Two machines that swing, one faster; from `odd` on the first one swings twice as fast for 60 minutes. */
function machines(seed: number, odd?: number): string {
  const stream = random.stream("machines", seed);
  const lines = ["machine,time,level,verdict"];
  for (let minute = 0; minute < 600; minute++) {
    const time = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
    for (const [machine, speed] of [
      ["a", 0.3],
      ["b", 0.25],
    ] as const) {
      const fast = machine === "a" && odd !== undefined && minute >= odd && minute < odd + 60;
      const level = Math.sin((fast ? 2 * speed : speed) * minute) + 0.1 * stream.normal();
      lines.push(`${machine},${time},${level.toFixed(4)},${fast ? "anomaly" : "normal"}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

const csvRows = (text: string): string[][] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));

const series = ["--time-column", "time", "--entity-column", "machine", "--exclude", "verdict"];

beforeAll(async () => {
  build();
  work.write("history.csv", machines(1));
  work.write("today.csv", machines(2, 300));
  await work.ok([
    ...["train", "history.csv", "--detector", "knn", ...series],
    ...["--window", "24", "--stride", "3", "--out", "m.onnx"],
  ]);
});

describe("a series", () => {
  test("has one score per row, in the order of the file, with entity and time in front", async () => {
    await work.ok(["score", "m.onnx", "today.csv", "--out", "points.csv"]);
    const [header, ...rows] = csvRows(work.read("points.csv").toString());
    expect(header).toEqual(["machine", "time", "score", "p_value", "threshold", "is_anomaly"]);
    const given = csvRows(work.read("today.csv").toString()).slice(1);
    expect(rows.map(([machine, time]) => [machine, time])).toEqual(
      given.map(([machine, time]) => [machine, time]),
    );
    // Every row is covered, the first ones too, and the fast hour stands out.
    expect(rows.every(([, , score]) => Number.isFinite(Number(score)) && score !== "")).toBe(true);
    const scoreOf = (fast: boolean): number[] =>
      rows.filter((_, k) => (given[k]![3] === "anomaly") === fast).map(([, , score]) => Number(score));
    const middle = scoreOf(true).slice(15, 45);
    expect(Math.min(...middle)).toBeGreaterThan(scoreOf(false).sort((a, b) => a - b)[1000]!);
  });

  test("has a column for each view that a score joins", async () => {
    const windows = ["--window", "24", "--stride", "6"];
    await work.ok([
      ...["train", "history.csv", "--detector", "kmeans", ...series, ...windows],
      ...["--out", "shapes.onnx"],
    ]);
    const { stdout } = await work.ok(["score", "shapes.onnx", "today.csv"]);
    const [header, ...rows] = csvRows(stdout);
    expect(header!.slice(2)).toEqual([
      ...["score", "p_value", "threshold", "is_anomaly"],
      ...["view_centres", "view_deviation", "view_shift"],
    ]);
    // The fast hour is of usual size: it is the shape that speaks.
    const middle = rows.filter(([machine, time]) => machine === "a" && time!.includes("T05:30"));
    const [centres, deviation] = middle[0]!.slice(6).map(Number);
    expect(centres).toBeGreaterThan(deviation! + 2);
  });

  test("is evaluated by its rows", async () => {
    const { stdout } = await work.ok([
      "evaluate",
      "m.onnx",
      "today.csv",
      "--label-column",
      "verdict",
      "--json",
    ]);
    const { labels, ranking } = JSON.parse(stdout);
    expect(labels).toEqual({ normals: 1140, anomalies: 60, unlabelled: 0, uncovered: 0 });
    expect(ranking.auroc).toBeGreaterThan(0.95);
  });

  test("that is a single one is evaluated by ranges too", async () => {
    const one = (text: string): string =>
      csvRows(text)
        .filter(([machine]) => machine !== "b")
        .map((cells) => cells.join(","))
        .join("\n");
    work.write("one.csv", one(machines(1)));
    work.write("one-today.csv", one(machines(2, 300)));
    const columns = ["--time-column", "time", "--exclude", "verdict,machine"];
    await work.ok([
      "train",
      "one.csv",
      "--detector",
      "pca",
      ...columns,
      "--window",
      "24",
      "--out",
      "one.onnx",
    ]);
    const { stdout } = await work.ok([
      ...["evaluate", "one.onnx", "one-today.csv", "--label-column", "verdict", "--json"],
    ]);
    const { ranges, ranking } = JSON.parse(stdout);
    expect(ranges.window).toBe(24);
    expect(ranges.vusPr).toBeGreaterThan(0.7);
    expect(ranges.vusRoc).toBeGreaterThan(ranking.prevalence);
  });

  test("learns only from windows without a labelled anomaly", async () => {
    const { stdout } = await work.ok([
      ...["train", "today.csv", "--detector", "knn", "--time-column", "time", "--entity-column", "machine"],
      ...["--label-column", "verdict", "--window", "24", "--stride", "3", "--out", "l.onnx", "--json"],
    ]);
    const { data, input } = JSON.parse(stdout);
    // Of 193 windows a machine, those of machine a that touch minutes 300 to 359 are left out: starts 279, 282, ... 357.
    expect(data.labels).toEqual({ normals: 386 - 27, anomalies: 27, unlabelled: 0 });
    expect(data.rows).toBe(386 - 27);
    expect(input).toMatchObject({ kind: "series", shape: [24, 1], layout: { window: 24, stride: 3 } });
  });

  test("can be learned by a network that is named", async () => {
    const { stdout } = await work.ok([
      ...["train", "history.csv", "--encoder", "conv1d", ...series, "--window", "24", "--stride", "3"],
      ...["--members", "1", "--steps", "20", "--pretrain-steps", "20", "--out", "c.onnx", "--json"],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ detector: "deep-svdd", options: { encoder: "conv1d" } });
    const { stdout: scores } = await work.ok(["score", "c.onnx", "today.csv"]);
    expect(csvRows(scores)).toHaveLength(1201);
  });
});

describe("incidents", () => {
  const found = ["incidents", "m.onnx", "today.csv", "--percentile", "90"];

  test("are stretches of one machine, and hold every flagged row", async () => {
    const { stdout } = await work.ok([...found, "--out", "incidents.csv"]);
    expect(stdout).toMatch(/incidents? in today.csv: .* of 1,200 rows are above .*at most 12 steps between/s);
    const [header, ...lines] = csvRows(work.read("incidents.csv").toString());
    expect(header!.join()).toBe(
      "machine,from,to,peak_at,steps,flagged,score,p_value,threshold,severity,sensors",
    );
    const { stdout: points } = await work.ok(["score", "m.onnx", "today.csv", "--percentile", "90"]);
    const flagged = csvRows(points).filter((cells) => cells.at(-1) === "1");
    for (const [machine, time] of flagged) {
      const around = lines.filter((line) => line[0] === machine && line[1]! <= time! && time! <= line[2]!);
      expect(around).toHaveLength(1);
    }
    expect(lines.reduce((sum, line) => sum + Number(line[5]), 0)).toBe(flagged.length);
    // The fast hour of a begins after 300 minutes.
    const worst = lines.reduce((most, line) => (Number(line[9]) > Number(most[9]) ? line : most));
    expect(worst[0]).toBe("a");
    expect(worst[3]! >= "2026-01-01T05:00" && worst[3]! <= "2026-01-01T06:00").toBe(true);
  });

  test("are JSON lines by the ending, fewer with --min-length, and none is no failure", async () => {
    await work.ok([...found, "--out", "i.jsonl"]);
    const all = work
      .read("i.jsonl")
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const { stdout } = await work.ok([...found, "--min-length", "20", "--jsonl"]);
    const long = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(long).toEqual(all.filter(({ steps }) => steps >= 20));
    expect(long.length).toBeLessThan(all.length);
    const none = await work.ok([
      ...["incidents", "m.onnx", "today.csv", "--threshold", "1e9", "--json", "--out", "none.csv"],
    ]);
    expect(JSON.parse(none.stdout)).toMatchObject({ rows: 1200, flagged: 0, incidents: 0, mergeGap: 12 });
    expect(work.read("none.csv").toString().trimEnd().split("\n")).toHaveLength(1);
  });

  test("have numbers of rows where there is no time, beside the machine", async () => {
    await work.ok([
      ...[
        "train",
        "history.csv",
        "--detector",
        "knn",
        "--entity-column",
        "machine",
        "--exclude",
        "time,verdict",
      ],
      ...["--window", "24", "--stride", "6", "--out", "untimed.onnx"],
    ]);
    const args = ["untimed.onnx", "today.csv", "--percentile", "90"];
    const [header, first] = csvRows((await work.ok(["incidents", ...args])).stdout);
    expect(header!.slice(0, 3)).toEqual(["machine", "from", "to"]);
    expect(first![0]).toMatch(/^[ab]$/);
    expect(Number(first![1])).toBeGreaterThan(0);
    expect(Number(first![2])).toBeGreaterThanOrEqual(Number(first![1]));
    await work.ok(["plot", ...args, "--out", "untimed.html"]);
    const page = work.read("untimed.html").toString();
    const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(page)![1]!);
    expect(data).toMatchObject({ timeName: "row", entityName: "machine", dates: false });
    expect(data.series.map(({ name }: { name: string }) => name)).toEqual(["a", "b"]);
  });

  test("are refused lengths that are none, and a summary in their place", async () => {
    await work.fails([...found, "--min-length", "0"], 2, /--min-length.* is 0/);
    await work.fails([...found, "--json"], 2, /--json prints a summary/);
  });
});

describe("another file", () => {
  const warnings = async (name: string, change: (line: string) => string[]): Promise<string[]> => {
    const [header, ...lines] = machines(3).trimEnd().split("\n");
    work.write(name, `${[header, ...lines.flatMap(change)].join("\n")}\n`);
    const { stderr } = await work.ok(["score", "m.onnx", name]);
    return stderr.split("\n").filter((line) => line.startsWith("warning:"));
  };

  test("of another sampling rate is said to be one, before all else", async () => {
    const card = (await work.json(["inspect", "m.onnx", "--json"])) as { schema: { layout: object } };
    expect(card.schema.layout).toMatchObject({ usualStep: 60, timeUnit: "seconds" });
    const said = await warnings("slow.csv", (line) => (/:\d[02468]:00/.test(line) ? [line] : []));
    expect(said[0]).toMatch(
      /slow.csv: the usual time between two rows is 2 min, and was 1 min in training: .*Resample/,
    );
    expect(said.join()).not.toContain("same time");
  });

  test("with rows that came twice has them counted, and what to do", async () => {
    const said = await warnings("twice.csv", (line) => (/:\d5:00/.test(line) ? [line, line] : [line]));
    expect(said[0]).toMatch(/twice.csv: 120 rows have the same time as the row before; .*leave repeats out/);
    expect(said.join()).not.toContain("usual time");
  });

  test("without a value in a column is said to tell nothing of it", async () => {
    const said = await warnings("blank.csv", (line) => [line.replace(/,-?\d+\.\d+,/, ",,")]);
    expect(said.join()).toContain(
      'No row has a value in "level": scores say nothing of what is measured there.',
    );
  });
});

describe("another operating point", () => {
  test("is said before all else, with the columns that show it", async () => {
    work.write(
      "lifted.csv",
      machines(3).replace(/,(-?\d+\.\d+),/g, (_, level) => `,${Number(level) + 9},`),
    );
    const { stderr, stdout } = await work.ok(["score", "m.onnx", "lifted.csv"]);
    const [first] = stderr.split("\n").filter((line) => line.startsWith("warning:"));
    expect(first).toMatch(/lifted.csv is of another operating point.*1,200 of 1,200 time steps \(100.0 %\)/);
    expect(first).toMatch(/"level" in 100.0 % of the steps.*`hypersphere adapt` moves the model there/);
    expect(csvRows(stdout)).toHaveLength(1201);
  });
});

describe("adapt", () => {
  const lifted = (seed: number): string =>
    machines(seed).replace(/,(-?\d+\.\d+),/g, (_, level) => `,${(3 * Number(level) + 9).toFixed(4)},`);
  const adapt = ["adapt", "m.onnx", "newline.csv"];

  test("moves the model to another operating point, and says what it was worth on rows that it did not use", async () => {
    work.write("newline.csv", lifted(4));
    const before = work.read("m.onnx");
    const out = ["--rows", "300", "--rule", "false-alarms 5%", "--out", "newline.onnx"];
    const { stdout, stderr } = await work.ok([...adapt, ...out]);
    expect(stdout).toMatch(
      /300 rows tell location and spread, 252 calibrate: 206 windows, of which 10 share no row/,
    );
    expect(stdout).toMatch(/level +-?0\.\d+, \d\.\d+ +(8|9)\.\d+/);
    const [, was, now] = /Of 554 windows.*not used, ([\d.]+) % were flagged before, and ([\d.]+) % are now/
      .exec(stdout)!
      .map(Number);
    expect(was).toBeGreaterThan(95);
    expect(now).toBeLessThan(20);
    expect(stderr).toMatch(
      /10 share no time step with another: those alone could promise no less than 9.1 %/,
    );
    expect(work.read("m.onnx")).toEqual(before);
    const scored = await work.ok(["score", "newline.onnx", "newline.csv", "--out", "-"]);
    expect(scored.stderr).not.toMatch(/operating point/);
    const { stdout: shown } = await work.ok(["inspect", "newline.onnx"]);
    expect(shown).toMatch(/adapted +to 300 rows of another operating point; 206 windows of 252 rows/);
    expect(shown).not.toMatch(/to learn from, \d+ to calibrate/);
  });

  test("in JSON, for no file, and refuses what it cannot keep, leaving nothing behind", async () => {
    const json = await work.ok([...adapt, "--rows", "200", "--spread", "keep", "--dry-run", "--json"]);
    const { adapted, windows, check, threshold, out } = JSON.parse(json.stdout);
    expect({ windows, out }).toEqual({ windows: 106, out: null });
    expect(adapted.columns[0]).toMatchObject({ name: "level", factor: 1 });
    expect(check.before).toBeGreaterThan(0.95);
    expect(threshold.calibrationSize).toBe(106);
    await work.fails([...adapt], 2, /--out is missing/);
    const few = ["--rows", "120", "--rule", "false-alarms 1%", "--out", "few.onnx"];
    await work.fails(
      [...adapt, ...few],
      3,
      /needs 99 normal windows.*\n.*at least 193 normal rows of each series.*--rule/,
    );
    await work.fails([...adapt, "--rows", "some", "--out", "few.onnx"], 2, /--rows is "some"/);
    await work.fails([...adapt, "--spread", "wide", "--out", "few.onnx"], 2, /shrink, new, keep/);
  });
});

describe("a series without --window", () => {
  test("has one that is found in it, said and kept in the model", async () => {
    const { stderr } = await work.ok([
      ...["train", "history.csv", ...series, "--stride", "3", "--detector", "knn", "--out", "found.onnx"],
    ]);
    // The machines repeat themselves every 20.9 and 25.1 steps.
    const said = /a window has (\d+) steps, since it repeats itself every (\d+) steps.*--window sets/.exec(
      stderr,
    )!;
    const [window, period] = [Number(said[1]), Number(said[2])];
    expect(period).toBeGreaterThanOrEqual(20);
    expect(period).toBeLessThanOrEqual(26);
    expect(window).toBe(2 * period);
    const { stdout: card } = await work.ok(["inspect", "found.onnx", "--json"]);
    expect(JSON.parse(card).schema.layout).toMatchObject({ window, found: { period } });
    const { stdout: text } = await work.ok(["inspect", "found.onnx"]);
    expect(text).toMatch(`${window} steps, found by the period of ${period} steps`);
  });
});

describe("what is refused", () => {
  test("a time that is none", async () => {
    work.write("bad.csv", machines(1).replace("2026-01-01T00:07:00.000Z", "soon"));
    await work.fails(
      ["train", "bad.csv", ...series, "--window", "24", "--out", "x.onnx"],
      3,
      /"time".*"soon"/s,
    );
  });

  test("an encoder of images, naming those of series", async () => {
    await work.fails(
      ["train", "history.csv", "--encoder", "mnist-lenet", ...series, "--window", "24", "--out", "x.onnx"],
      2,
      /made for images; these are windows of a series.*\nhint: .*conv1d/s,
    );
  });

  test.each([
    ["--normal-class", "3"],
    ["--labels", "classes.idx"],
    ["--max-pixels", "100"],
    ["--skip-corrupt"],
  ])("flags of images: %s", async (...flags) => {
    for (const cut of [[], [...series, "--window", "24"]]) {
      await work.fails(
        ["train", "history.csv", ...cut, ...flags, "--out", "x.onnx"],
        2,
        new RegExp(`${flags[0]} was given, but history\\.csv holds no images`),
      );
    }
  });
});

describe("times of another unit, and local times", () => {
  /** Rows every 15 minutes from a moment on, with times as `write` writes them. */
  function meter(seed: number, from: number, count: number, write: (at: number) => string | number): string {
    const stream = random.stream("meter", seed);
    const lines = ["time,p,q"];
    for (let k = 0; k < count; k++) {
      const cells = [Math.sin(k / 3), Math.cos(k / 3)].map((value) =>
        (value + 0.05 * stream.normal()).toFixed(4),
      );
      lines.push([write(from + k * 900_000), ...cells].join(","));
    }
    return `${lines.join("\n")}\n`;
  }
  const berlin = new Intl.DateTimeFormat("sv-SE", {
    timeZone: "Europe/Berlin",
    dateStyle: "short",
    timeStyle: "medium",
  });
  const autumn = Date.UTC(2023, 9, 28);

  test("have the scores that they have in milliseconds and in UTC", async () => {
    work.write(
      "past.csv",
      meter(1, autumn - 900_000 * 700, 700, (at) => at),
    );
    await work.ok([
      ...["train", "past.csv", "--detector", "pca", "--time-column", "time", "--window", "12"],
      ...["--out", "meter.onnx"],
    ]);
    const scoresOf = async (write: (at: number) => string | number) => {
      work.write("now.csv", meter(2, autumn, 200, write));
      const { stdout, stderr } = await work.ok(["score", "meter.onnx", "now.csv"]);
      return { scores: csvRows(stdout).map(([, ...cells]) => cells), stderr };
    };
    const { scores, stderr } = await scoresOf((at) => at);
    expect(stderr).not.toContain("go back by an hour");
    expect((await scoresOf((at) => new Date(at).toISOString())).scores).toEqual(scores);
    expect((await scoresOf((at) => `${at}000000`)).scores).toEqual(scores);
    const local = await scoresOf((at) => berlin.format(at));
    expect(local.scores).toEqual(scores);
    expect(local.stderr).toContain('in row 101 ("2023-10-29 02:00:00" after "2023-10-29 02:45:00")');
  });
});

describe("a series with a season", () => {
  /** Loud from six to six by day, quiet at night, every half an hour; a fault of the size of a quiet day in the second night. */
  const hall = (days: number, seed: number, fault: boolean): string => {
    const stream = random.stream("hall", seed);
    const lines = Array.from({ length: 48 * days }, (_, step) => {
      const time = new Date(Date.UTC(2026, 0, 1) + step * 1_800_000).toISOString();
      const size = step % 48 >= 12 && step % 48 < 36 ? 5 : 0.2;
      const more = fault && step >= 52 && step < 56 ? 3 : 0;
      return `${time},${(size * stream.normal() + more).toFixed(4)}`;
    });
    return `time,noise\n${lines.join("\n")}\n`;
  };
  const train = ["train", "hall.csv", "--detector", "knn", "--time-column", "time", "--window", "4"];

  test("finds at night what would be usual by day, and says what it compares with", async () => {
    work.write("hall.csv", hall(60, 1, false));
    work.write("night.csv", hall(3, 2, true));
    const { stdout } = await work.ok([...train, "--season", "day", "--out", "season.onnx"]);
    expect(stdout).toMatch(/season +compared with \d+ windows held out of the same 6 hours of the day, of 4/);
    await work.ok([...train, "--season", "none", "--out", "plain.onnx"]);
    const flags = async (model: string): Promise<boolean[]> => {
      await work.ok(["score", model, "night.csv", "--out", `${model}.csv`]);
      return csvRows(work.read(`${model}.csv`).toString())
        .slice(1)
        .map((row) => row.at(-1) === "1");
    };
    expect((await flags("season.onnx")).slice(52, 56)).toEqual([true, true, true, true]);
    expect((await flags("plain.onnx")).slice(48, 60)).not.toContain(true);
    const { stdout: about } = await work.ok(["inspect", "season.onnx"]);
    expect(about).toContain("of the same 6 hours of the day");
  });

  test("is refused where nobody knows the hour", async () => {
    const other = await work.run([...train, "--season", "year", "--out", "x.onnx"]);
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('--season is "year"') });
    const none = await work.run(["train", "hall.csv", "--window", "4", "--season", "day", "--out", "x.onnx"]);
    expect(none.code).not.toBe(0);
    expect(none.stderr).toContain("no time column was named");
  });
});

describe("a series with slow drift", () => {
  /** Noise around a level that rises by `rise` a step. */
  const room = (steps: number, seed: number, rise: number): string => {
    const stream = random.stream("room", seed);
    const lines = Array.from({ length: steps }, (_, step) => (rise * step + stream.normal()).toFixed(4));
    return `heat\n${lines.join("\n")}\n`;
  };

  test("is flagged and monitored as it is without the drift, where --detrend takes it out", async () => {
    work.write("room.csv", room(1200, 1, 0));
    work.write("warming.csv", room(1200, 2, 0.008));
    const train = ["train", "room.csv", "--detector", "kmeans", "--window", "10", "--stride", "2"];
    await work.ok([...train, "--detrend", "100", "--out", "level.onnx"]);
    await work.ok([...train, "--out", "raw.onnx"]);
    const judged = async (model: string) => {
      const { anomalies } = JSON.parse(
        (await work.ok(["score", model, "warming.csv", "--out", `${model}.csv`, "--json"])).stdout,
      );
      return { anomalies, code: (await work.run(["monitor", model, "--input", "warming.csv"])).code };
    };
    const raw = await judged("raw.onnx");
    const level = await judged("level.onnx");
    expect(raw.anomalies).toBeGreaterThan(300);
    expect(level.anomalies).toBeLessThan(120);
    expect(raw.code).toBe(8);
    expect(level.code).toBe(0);
    expect((await work.ok(["inspect", "level.onnx"])).stdout).toContain("less the level of 100 steps");
  });

  test("refuses a level of less than a window", async () => {
    const short = await work.run([
      ...["train", "room.csv", "--window", "10", "--detrend", "5", "--out", "x.onnx"],
    ]);
    expect(short.code).toBe(2);
    expect(short.stderr).toContain("no fewer than a window of 10");
  });
});

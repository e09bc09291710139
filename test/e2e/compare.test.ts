import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { chromiumFlags, chromiumPath } from "../browser/chromium.js";
import { build, ended, madeUpCsv, start, Workspace } from "./cli.js";
import { npzOfCsv } from "./npy.js";

const work = new Workspace();
const fast = ["--label-column", "y", "--detectors", "knn,pca", "--jobs", "2"];

beforeAll(() => {
  build();
  work.write("a.csv", madeUpCsv({ rows: 160, anomalies: 30, seed: 3 }));
  work.write("b.csv", madeUpCsv({ rows: 150, anomalies: 25, seed: 4 }));
  work.write("short.csv", madeUpCsv({ rows: 40, anomalies: 10, seed: 5 }));
  work.write("normal.csv", madeUpCsv({ rows: 100 }));
});

interface Results {
  readonly format: number;
  readonly settings: Record<string, string>;
  readonly detectors: Record<string, string>;
  readonly rows: readonly Record<string, unknown>[];
}
const resultsIn = (name: string): Results => JSON.parse(work.text(name)) as Results;
/** The table without the columns of times, which no two runs share. */
const untimed = (stdout: string): string[][] =>
  stdout.split("\n").map((line) => line.split(/ {2,}/).filter((_, k) => k !== 5 && k !== 6));

describe("compare", () => {
  test("prints a table, and what it means", async () => {
    const { stdout, stderr } = await work.ok(["compare", "a.csv", ...fast, "--seeds", "0,1", "--quiet"]);
    const [head, ...lines] = stdout.split("\n");
    expect(head).toMatch(/^detector +mean AUROC +mean rank +AP +untrained +fit, s +score, s +failures$/);
    expect(
      lines
        .slice(0, 2)
        .map((line) => line.split(" ")[0])
        .sort(),
    ).toEqual(["knn", "pca"]);
    for (const line of lines.slice(0, 2))
      expect(line).toMatch(/^\w+ +0\.\d{4} +[12]\.\d\d +0\.\d{4} +- .* 0$/);
    expect(stdout).toMatch(/^Use (knn|pca) here: it /m);
    expect(stderr).toBe("");
  });

  test("writes a report, figures as JSON and CSV, and resumes without doing anything twice", async () => {
    const outputs = ["--out", "r.html", "--json", "r.json", "--csv", "r.csv"];
    const args = ["compare", "a.csv", "b.csv", ...fast];
    const first = await work.ok([...args, ...outputs]);
    expect(first.stderr).toContain("Wrote r.html.");

    const { format, settings, rows } = resultsIn("r.json");
    expect(format).toBe(1);
    expect(settings).toMatchObject({ protocol: "one-class", "label column": "y" });
    expect(rows.map(({ dataset, detector, seed }) => `${dataset} ${detector} ${seed}`).sort()).toEqual([
      "a knn 0",
      "a pca 0",
      "b knn 0",
      "b pca 0",
    ]);
    for (const row of rows) {
      expect(row).toMatchObject({ trainRows: row["dataset"] === "a" ? 65 : 62, untrainedAuroc: null });
      for (const name of ["auroc", "averagePrecision", "fitSeconds", "scoreSeconds", "peakMemoryMiB"])
        expect(row[name], name).toEqual(expect.any(Number));
    }
    const [header, ...lines] = work.text("r.csv").trim().split("\n");
    expect(header).toMatch(/^dataset,detector,seed,auroc,/);
    expect(lines.map((line) => line.split(",").slice(0, 3).join(" "))).toEqual([
      "a knn 0",
      "a pca 0",
      "b knn 0",
      "b pca 0",
    ]);

    const before = work.read("r.json");
    const again = await work.ok([...args, "--json", "r.json", "--resume"]);
    expect(again.stderr).toContain("4 runs done before.");
    expect(again.stdout).toBe(first.stdout);
    expect(work.read("r.json").equals(before)).toBe(true);

    // Only what was asked for now counts, however much is in the file.
    const knn = ["compare", "a.csv", "--label-column", "y", "--detectors", "knn"];
    const part = await work.ok([...knn, "--json", "r.json", "--resume"]);
    expect(part.stdout).not.toContain("pca");
    expect(part.stdout).toContain("the only detector compared");

    // What a changed file gave is measured again, and nothing else.
    work.write("b.csv", madeUpCsv({ rows: 150, anomalies: 25, seed: 6 }));
    const changed = await work.ok([...args, "--json", "r.json", "--resume"]);
    expect(changed.stderr).toContain("2 runs done before.");
    expect(untimed(changed.stdout)).not.toEqual(untimed(first.stdout));

    work.write("k7.json", '{"knn": {"k": 7}}');
    for (const flags of [
      ["--protocol", "contaminated"],
      ["--max-test", "50"],
      ["--exclude", "c"],
      ["--config", "k7.json"],
    ])
      await work.fails(
        [...args, ...flags, "--json", "r.json", "--resume"],
        2,
        /r\.json was made with other settings: (protocol|test rows at most|columns left out|options of knn)\./,
      );
  });

  test("the same runs give the same figures, however many are made side by side", async () => {
    const args = [
      "compare",
      "a.csv",
      "--label-column",
      "y",
      "--detectors",
      "knn,isolation-forest",
      "--seeds",
      "0,1",
    ];
    const one = await work.ok([...args, "--jobs", "1"]);
    const four = await work.ok([...args, "--jobs", "4"]);
    const figures = (stdout: string) => untimed(stdout).slice(0, 3);
    expect(figures(four.stdout)).toEqual(figures(one.stdout));
  });

  test("NPZ archives have their labels with them", async () => {
    work.write("c.npz", npzOfCsv(madeUpCsv({ rows: 120, anomalies: 20 }), ["a", "b", "c"], "y"));
    const { stdout } = await work.ok(["compare", "c.npz", "--detectors", "knn"]);
    expect(stdout).toMatch(/^knn +0\.\d{4}/m);
  });

  test("options come from a file, and a detector may come twice", async () => {
    const config = { pca: { components: 1 }, "knn-30": { detector: "knn", k: 30 } };
    work.write("config.json", JSON.stringify(config));
    const args = ["compare", "a.csv", "--label-column", "y", "--config", "config.json", "--jobs", "2"];
    const files = ["--json", "c.json", "--out", "c.html"];
    const named = ["--detectors", "knn,pca,knn-30"];
    const { stdout } = await work.ok([...args, ...named, ...files]);
    expect(
      stdout
        .split("\n")
        .slice(1, 4)
        .map((line) => line.split(" ")[0])
        .sort(),
    ).toEqual(["knn", "knn-30", "pca"]);
    const { rows, detectors } = resultsIn("c.json");
    expect(detectors).toEqual({ knn: "knn", pca: 'pca {"components":1}', "knn-30": 'knn {"k":30}' });
    const auroc = (name: string) => rows.find(({ detector }) => detector === name)!["auroc"];
    expect(auroc("knn")).not.toBe(auroc("knn-30"));
    expect(work.text("c.html")).toContain("knn-30");
    // Another detector may join; other options for one that is there may not.
    const joined = await work.ok([
      ...args,
      "--detectors",
      "knn,isolation-forest",
      "--json",
      "c.json",
      "--resume",
    ]);
    expect(joined.stderr).toContain("1 run done before.");
    work.write("config.json", JSON.stringify({ ...config, pca: { components: 2 } }));
    await work.fails(
      [...args, ...named, "--json", "c.json", "--resume"],
      2,
      /other settings: options of pca\./,
    );
  });

  test.each([
    ['{"knn": {"kk": 5}}', /bad\.json: knn: There is no option "kk"/],
    ['{"knn": {"k": "many"}}', /bad\.json: knn: k is "many"/],
    ['{"knnn": {"k": 5}}', /bad\.json: there is no detector "knnn"\.\nhint: Did you mean "knn"\?/],
    ['{"near": {"detector": "knnn"}}', /bad\.json: there is no detector "knnn"/],
    ['{"knn": {"detector": "pca"}}', /knn is the name of a detector, and cannot stand for pca/],
    ['{"knn": {"seed": 5}}', /knn: a seed is given among its options/],
    ['{"knn": {"k": 5, "k": 6}}', /bad\.json has the key "k" more than once/],
    ['{"knn": {"percentile": 0.95}}', /percentile is 0\.95: .*did you mean 95\?/],
    ['{"k": 5}', /bad\.json: k is 5, expected an object of options/],
    ["[]", /bad\.json holds no options of detectors/],
    ["{", /bad\.json is not valid JSON/],
  ])("refuses the options %s", async (text, message) => {
    work.write("bad.json", text);
    await work.fails(["compare", "a.csv", "--label-column", "y", "--config", "bad.json"], 2, message);
  });

  test("a failure is reported, is no figure, and does not stop the others", async () => {
    const args = ["compare", "short.csv", "a.csv", ...fast, "--json", "f.json", "--out", "f.html"];
    const { stdout, stderr } = await work.ok(args);
    expect(stderr).toMatch(/warning: short, knn, seed 0: .* has \d+ rows; training needs at least 30/);
    expect(stdout).toMatch(
      /^2 runs failed; data sets with a failure are left out of means and ranks\.|2 runs failed/m,
    );
    const failed = resultsIn("f.json").rows.filter(({ error }) => error !== undefined);
    expect(failed.map((row) => Object.keys(row).sort())).toEqual([
      ["dataset", "detector", "error", "seed"],
      ["dataset", "detector", "error", "seed"],
    ]);
    expect(work.text("f.html")).toContain("training needs at least 30");

    // A failure is tried again, a success is not.
    const { stderr: resumed } = await work.ok([
      "compare",
      "short.csv",
      "a.csv",
      ...fast,
      "--json",
      "f.json",
      "--resume",
    ]);
    expect(resumed).toContain("2 runs done before.");
    expect(resumed).toMatch(/warning: short, pca, seed 0/);
  });

  test("nothing but failures: exit code 3", async () => {
    const { code, stdout, stderr } = await work.run(["compare", "short.csv", "normal.csv", ...fast]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/warning: normal, knn, seed 0: There are no anomalies to test on\./);
    expect(stdout).toContain("No run succeeded");
    expect(stdout).not.toContain("NaN");
  });

  test("a run that takes too long is given up", async () => {
    work.write("long.csv", madeUpCsv({ rows: 6000, anomalies: 100 }));
    const args = ["compare", "long.csv", "--label-column", "y", "--detectors", "deep-svdd", "--timeout", "1"];
    const { code, stderr } = await work.run(args);
    expect(stderr).toContain("warning: long, deep-svdd, seed 0: Given up after 1 s.");
    expect(code).toBe(3);
  });

  test.each([
    [
      ["a.csv", "--label-column", "y", "--detectors", "knn,isolation-forst"],
      2,
      /no detector "isolation-forst"\.\nhint: Did you mean "isolation-forest"\?/,
    ],
    [["a.csv", "--label-column", "y", "--detectors", ","], 2, /--detectors names no detector/],
    [
      ["a.csv", "--label-column", "y", "--protocol", "supervised"],
      2,
      /--protocol is "supervised", expected one-class, contaminated, given/,
    ],
    [["a.csv", "--label-column", "y", "--seeds", "1,x"], 2, /--seeds is "1,x", expected whole numbers/],
    [["a.csv", "--label-column", "y", "--jobs", "0"], 2, /--jobs is "0"/],
    [["a.csv"], 2, /No label column was given for a\.csv\.\nhint: Add --label-column/],
    [["a.csv", "--label-column", "y", "--resume"], 2, /--resume needs the --json file/],
    [["a.csv", "--label-column", "y", "--out", "x", "--csv", "./x"], 2, /--csv and --out name the same file/],
    [["nowhere.csv", "--label-column", "y"], 5, /nowhere\.csv/],
    [["a.csv", "--label-column", "y", "--csv", "nowhere/x.csv"], 5, /nowhere/],
    [[], 2, /data/],
  ] as const)("refuses %j", async (args, code, message) => {
    await work.fails(["compare", ...args], code, message);
  });

  test("overwrites nothing without --force, and resumes from nothing but results", async () => {
    work.write("precious", "precious");
    for (const flag of ["--out", "--csv"])
      await work.fails(["compare", "a.csv", ...fast, flag, "precious"], 5, /precious exists/);
    const { code } = await work.run(["compare", "a.csv", ...fast, "--json", "precious"]);
    expect(code).toBe(5);
    expect(work.text("precious")).toBe("precious");
    for (const contents of ["precious", "null", "[]", '{"rows":1}']) {
      work.write("other.json", contents);
      const { code, stderr } = await work.run([
        "compare",
        "a.csv",
        ...fast,
        "--json",
        "other.json",
        "--resume",
      ]);
      expect(stderr).toContain("other.json is not a file of comparison results.");
      expect(code).toBe(3);
      expect(work.text("other.json")).toBe(contents);
    }
    await work.ok(["compare", "a.csv", ...fast, "--csv", "precious", "--force"]);
    expect(work.text("precious")).toMatch(/^dataset,/);
  });
});

// Windows has no signals that a process could answer.
describe.skipIf(process.platform === "win32")("Ctrl-C", () => {
  test("leaves what is done, to go on from", async () => {
    const before = work.files();
    const seeds = Array.from({ length: 200 }, (_, k) => k).join(",");
    const args = [
      "compare",
      "a.csv",
      "--label-column",
      "y",
      "--detectors",
      "knn",
      "--jobs",
      "2",
      "--json",
      "s.json",
    ];
    const child = start([...args, "--seeds", seeds], work.folder);
    const result = ended(child);
    while (!work.files().includes("s.json")) await sleep(20);
    // Two comparisons on one file would drop each other's runs.
    const second = await work.run([...args, "--seeds", "0", "--resume"]);
    expect(second.stderr).toContain(`s.json is in use by another run, process ${child.pid}`);
    expect(second.code).toBe(5);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await result;
    expect(code, stderr).toBe(130);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/hint.*The same command with --resume goes on from s\.json/);
    expect(stderr).not.toContain("warning:");
    expect(work.files()).toEqual([...before, "s.json"].sort());
    const { rows } = resultsIn("s.json");
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ error }) => error !== undefined)).toEqual([]);
    const season = [...args, "--seeds", "0", "--resume", "--season", "day"];
    await work.fails(season, 2, /s\.json was made with other settings: windows/);
    const resumed = await work.ok([...args, "--seeds", String(rows[0]!["seed"]), "--resume"]);
    expect(resumed.stderr).toContain("1 run done before.");
  });
});

/** Added to a copy of a report: writes down how large everything is once it is laid out. */
const MEASURE = `<script>
const size = (element) => { const { width, height } = element.getBoundingClientRect(); return { width, height }; };
const charts = [...document.querySelectorAll("svg.chart")].map((chart) => ({
  label: chart.getAttribute("aria-label"), ...size(chart),
  series: [...chart.querySelectorAll(".series path")].map((path) => ({ length: path.getTotalLength(), ...size(path) })),
  bars: [...chart.querySelectorAll("rect")].map(size).filter(({ height }) => height > 0).length,
  labels: [...chart.querySelectorAll("text")].every((text) => size(text).width > 0),
  outside: [...chart.querySelectorAll("text, path, line, rect")].filter((part) => {
    const a = part.getBoundingClientRect(), b = chart.getBoundingClientRect();
    return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1;
  }).map((part) => part.outerHTML.slice(0, 100)),
}));
const found = document.createElement("pre");
found.id = "measured";
found.textContent = btoa(JSON.stringify({ charts, scroll: document.documentElement.scrollWidth - innerWidth,
  aligned: [...document.querySelectorAll("dt")].every((term) =>
    term.offsetTop === term.nextElementSibling.offsetTop) }));
document.body.append(found);
</script>`;

interface Measured {
  readonly scroll: number;
  /** Whether every setting has its value beside it. */
  readonly aligned: boolean;
  readonly charts: readonly {
    readonly label: string;
    readonly width: number;
    readonly height: number;
    readonly series: readonly { readonly length: number; readonly width: number; readonly height: number }[];
    readonly bars: number;
    readonly labels: boolean;
    readonly outside: readonly string[];
  }[];
}

describe.skipIf(chromiumPath === undefined)("the report in a browser", () => {
  const browse = async (...args: string[]): Promise<string> => {
    const flags = [
      "--headless",
      ...chromiumFlags,
      "--window-size=1200,3000",
      `--user-data-dir=${work.path(`profile-${args[0]!.length}`)}`,
    ];
    const { stdout } = await promisify(execFile)(chromiumPath!, [...flags, ...args], { timeout: 100_000 });
    return stdout;
  };

  test("all charts have drawn, inside of their frames", async () => {
    work.write("d.csv", madeUpCsv({ rows: 140, anomalies: 20, seed: 8 }));
    const args = ["compare", "a.csv", "d.csv", ...fast, "--seeds", "0,1", "--out", "seen.html"];
    await work.ok(args);
    work.write("measured.html", work.text("seen.html").replace("</body>", `${MEASURE}</body>`));
    const dom = await browse("--dump-dom", pathToFileURL(work.path("measured.html")).href);
    const [, encoded] = /<pre id="measured">([^<]+)<\/pre>/.exec(dom)!;
    const { charts, scroll, aligned } = JSON.parse(Buffer.from(encoded!, "base64").toString()) as Measured;

    const labels = charts.map(({ label }) => label.replace(/: .*/, ""));
    const one = ["ROC", "Precision and recall", "Scores of knn", "Scores of pca"];
    expect(labels.toSorted()).toEqual(["Critical difference of mean ranks", ...one, ...one].toSorted());
    expect(scroll).toBeLessThanOrEqual(0);
    expect(aligned).toBe(true);
    for (const { label, width, height, series, bars, labels: drawn, outside } of charts) {
      expect(width, label).toBeGreaterThan(200);
      expect(height, label).toBeGreaterThan(50);
      expect(drawn, label).toBe(true);
      expect(outside, label).toEqual([]);
      if (/^(ROC|Precision)/.test(label)) {
        expect(series.length, label).toBe(2);
        for (const line of series) expect(line.length, label).toBeGreaterThan(200);
      }
      if (label.startsWith("Scores")) expect(bars, label).toBeGreaterThan(5);
    }

    const artefacts = fileURLToPath(new URL("../artefacts/", import.meta.url));
    mkdirSync(artefacts, { recursive: true });
    const image = `${artefacts}comparison-report.png`;
    await browse(`--screenshot=${image}`, pathToFileURL(work.path("seen.html")).href);
    expect(statSync(image).size).toBeGreaterThan(20_000);
    expect(readFileSync(image).subarray(1, 4).toString()).toBe("PNG");
  });
});

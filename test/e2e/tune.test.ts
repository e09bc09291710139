import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { build, ended, madeUpCsv, start, Workspace } from "./cli.js";

const work = new Workspace();
const columns = ["--exclude", "id"];
const knn = ["--detector", "knn", "--objective", "separation", "--repeats", "1", ...columns];
const lines = (name: string): readonly string[] => work.text(name).trimEnd().split("\n");

beforeAll(() => {
  build();
  work.write("plant.csv", madeUpCsv({ rows: 180, anomalies: 12 }));
});

test("finds settings without labels, which train takes", async () => {
  const { stdout, stderr } = await work.ok([
    ...["tune", "plant.csv", "--trials", "3", "--label-column", "y", ...knn],
    ...["--out", "best.json", "--report", "search.html"],
  ]);
  expect(stdout).toMatch(/^trial +separation +stability/);
  expect(stdout).toMatch(/\n +0 .*defaults\n/);
  expect(stdout).toMatch(/The default is as good|is better than the defaults: on separation by \+/);
  expect(stderr).toMatch(/importance of options is told from 10 trials on/);
  expect(lines("best.trials.jsonl")).toHaveLength(4);
  const best = JSON.parse(work.text("best.json")) as Record<string, unknown>;
  expect(best).toMatchObject({ detector: "knn", k: expect.any(Number), comment: expect.any(String) });
  const page = work.text("search.html");
  expect(page).not.toMatch(/<script|src=|href=/);
  expect(page).toContain("Which settings of knn?");
  expect(page.match(/<path /g)).toHaveLength(3);

  await work.ok([
    "train",
    "plant.csv",
    "--label-column",
    "y",
    ...columns,
    "--config",
    "best.json",
    "--out",
    "m.onnx",
  ]);
  const { options, detector } = (await work.json(["inspect", "m.onnx", "--json"])) as {
    detector: string;
    options: Record<string, unknown>;
  };
  expect(detector).toBe("knn");
  expect(options).toMatchObject({ k: best["k"], method: best["method"] });
});

test("a config that names a detector decides which flags there are, and contradicts no flag", async () => {
  work.write("forest.json", '{"detector": "isolation-forest", "trees": 20}');
  const train = ["train", "plant.csv", ...columns, "--label-column", "y", "--config", "forest.json"];
  const { stderr } = await work.ok([...train, "--max-features", "0.5", "--dry-run"]);
  expect(stderr).toBeDefined();
  await work.fails(
    [...train, "--detector", "knn", "--out", "x.onnx"],
    2,
    /--detector is knn, but forest.json holds options of isolation-forest/,
  );
  work.write("odd.json", '{"detector": "forest"}');
  await work.fails(
    ["train", "plant.csv", "--config", "odd.json", "--out", "x.onnx"],
    2,
    /odd.json: detector is "forest", expected one of/,
  );
});

test("measures by labels, prints JSON, and says how little they tell", async () => {
  const { stdout, stderr } = await work.ok([
    ...["tune", "plant.csv", "--label-column", "y", "--detector", "knn", ...columns],
    ...["--trials", "2", "--repeats", "1", "--sampler", "genetic", "--json"],
  ]);
  const found = JSON.parse(stdout) as { objective: string; trials: unknown[]; defaultIsAsGood: boolean };
  expect(found).toMatchObject({ objective: "auroc", trials: [{ number: 0 }, { number: 1 }] });
  expect(stderr).toMatch(/warning: 12 labelled anomalies tell an AUROC/);
});

test("goes on where it was, and ends as if it had not been interrupted", async () => {
  const search = ["tune", "plant.csv", "--label-column", "y", ...knn, "--trials-file"];
  await work.ok([...search, "whole.jsonl", "--trials", "3"]);
  await work.ok([...search, "parts.jsonl", "--trials", "1"]);
  // A damaged line, a trial of a setting that the search does not have, and what a process leaves that is killed while it writes.
  const damaged = ['{"number":1,"poi', '{"number":2,"point":{"k":-3},"error":"x"}', '{"number":1,"po'];
  writeFileSync(work.path("parts.jsonl"), work.text("parts.jsonl") + damaged.join("\n"));
  // How much is said decides no trial.
  const { stderr } = await work.ok([...search, "parts.jsonl", "--trials", "3", "--resume"]);
  await work.ok([...search, "parts.jsonl", "--trials", "3", "--resume", "--quiet"]);
  expect(stderr).toMatch(/1 trial done before/);
  expect(stderr).toMatch(/parts.jsonl: 2 lines held no trial of this search/);
  expect(work.text("parts.jsonl")).toBe(work.text("whole.jsonl"));
  await work.fails([...search, "parts.jsonl", "--trials", "3"], 5, /parts.jsonl exists already/);
  const other = [...search, "parts.jsonl", "--resume", "--seed", "3"];
  await work.fails(other, 2, /parts.jsonl holds trials of another search; different are: seed/);
  await work.fails(
    [...search, "parts.jsonl", "--resume", "--missing", "-1"],
    2,
    /another search; different are: --missing/,
  );
  await work.fails(
    [...search, "parts.jsonl", "--resume", "--detector", "isolation-forest", "--halving", "3"],
    2,
    /of another search; different are: .*successive halving/,
  );
  work.write("notes.txt", "hello\n");
  await work.fails([...search, "notes.txt", "--resume"], 3, /notes.txt is not a file of trials/);
});

describe.skipIf(process.platform === "win32")("Ctrl-C", () => {
  test("keeps the trials that have ended, and says how to go on", async () => {
    const search = ["tune", "plant.csv", "--label-column", "y", ...knn, "--trials", "500"];
    const child = start([...search, "--trials-file", "stopped.jsonl"], work.folder);
    const result = ended(child);
    const file = work.path("stopped.jsonl");
    while (!existsSync(file) || readFileSync(file, "utf8").split("\n").length < 3) await sleep(50);
    // Two searches on one file would drop each other's trials.
    const second = [...search, "--trials-file", "stopped.jsonl", "--resume"];
    await work.fails(second, 5, new RegExp(`stopped.jsonl is in use by another run, process ${child.pid}`));
    child.kill("SIGINT");
    const { code, stderr } = await result;
    expect(code, stderr).toBe(130);
    expect(existsSync(work.path(".stopped.jsonl.lock"))).toBe(false);
    expect(stderr).toMatch(/The search was stopped/);
    expect(stderr).toMatch(/same command with --resume goes on from stopped.jsonl/);
    const kept = lines("stopped.jsonl")
      .slice(1)
      .map((line) => JSON.parse(line) as { number: number });
    expect(kept.length).toBeGreaterThanOrEqual(1);
    expect(kept.map(({ number }) => number)).toEqual(kept.map((_, k) => k));
  });
});

test("refuses what it cannot do, and leaves nothing behind", async () => {
  const search = ["tune", "plant.csv", ...columns, "--out", "x.json"];
  await work.fails(
    [...search, "--sampler", "grid"],
    2,
    /sampler is "grid", expected one of tpe, random, genetic/,
  );
  await work.fails([...search, "--trials", "0"], 2, /--trials is 0, expected a whole number of 1 or more/);
  await work.fails([...search, "--objective", "loss"], 2, /lowest where the network has collapsed/);
  await work.fails(
    [...search, "--objective", "auroc"],
    3,
    /plant.csv has no labels, which the objective auroc needs/,
  );
  await work.fails([...search, "--label-column", "fault"], 3, /has no (label )?column "fault"/);
  await work.fails([...search, "--detector", "knnn"], 2, /--detector is "knnn"/);
  await work.fails([...search, "--jobs", "0"], 2, /--jobs is 0/);
  await work.fails([...search, "--minutes", "-1"], 2, /--minutes is -1/);
  await work.fails(["tune", "plant.csv", ...columns, "--resume"], 2, /--resume needs the file of trials/);
  await work.fails(["tune", "-", "--out", "x.json"], 2, /standard input cannot be/);
  work.write("small.csv", madeUpCsv({ rows: 40 }));
  await work.fails(["tune", "small.csv"], 3, /has 40 normal rows; a search without labels needs 60/);
  await work.fails(
    [...search, "--max-train", "5"],
    2,
    /--max-train is 5, expected a whole number of 30 or more/,
  );
  work.write("few.csv", madeUpCsv({ rows: 59, anomalies: 9 }));
  const labelled = ["tune", "few.csv", "--label-column", "y"];
  await work.fails(labelled, 3, /has 50 normal rows; a search with labels needs 60: half of them to learn/);
  await work.fails([...search, "--out", "x.onnx"], 2, /--out is x.onnx, but options are written as JSON/);
  await work.fails([...search, "--report", "x.pdf"], 2, /--report is x.pdf, but a page is written as HTML/);
  work.write("all.json", '{"k": 3, "method": "mean", "scaling": "robust"}');
  await work.fails(
    [...search, "--detector", "knn", "--config", "all.json"],
    2,
    /knn has no option left to search/,
  );
  work.write("taken.json", "{}");
  await work.fails(["tune", "plant.csv", "--out", "taken.json"], 5, /taken.json exists already/);
  await work.fails(["tune", "plant.csv", "--out", "plant.csv", "--force"], 2, /the same file as the data/);
});

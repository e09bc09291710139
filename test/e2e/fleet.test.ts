/** Fleets through the command line: processes that fit, and what is left when they are stopped. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../src/math/random.js";
import { build, ended, start, tiny, Workspace } from "./cli.js";

const work = new Workspace();
const MACHINES = Array.from({ length: 8 }, (_, k) => `m${k}`);

function csv(rows: number, machines: readonly string[], seed: string): string {
  const random = createRandom(seed).stream("rows");
  const lines = ["machine,a,b,fault"];
  for (let k = 0; k < rows; k++) {
    for (const [place, machine] of machines.entries()) {
      const odd = seed === "today" && k % 10 === 0;
      const a = place + random.normal();
      lines.push(
        [machine, a.toFixed(4), (odd ? 9 - a : a + 0.1 * random.normal()).toFixed(4), odd ? 1 : 0].join(","),
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

const train = ["train", "fleet.csv", "--per-entity", "machine", "--exclude", "fault", "--detector", "pca"];

beforeAll(async () => {
  build();
  work.write("fleet.csv", csv(100, MACHINES, "training"));
  work.write("today.csv", csv(20, ["m3", "new", "m0"], "today"));
  await work.ok([...train, "--workers", "2", "--out", "fleet.hsz", "--quiet"]);
});

describe("train --per-entity", () => {
  it("writes the same bytes with one process as with two", async () => {
    await work.ok([...train, "--workers", "1", "--out", "one.hsz", "--quiet"]);
    expect(work.read("one.hsz").equals(work.read("fleet.hsz"))).toBe(true);
  });

  it("says what it would do, and refuses flags of a single model and of no fleet", async () => {
    const plan = await work.json([...train, "--dry-run", "--json", "--min-rows", "101"]);
    expect(plan).toMatchObject({ dryRun: true, minRows: 101, fallback: { rows: 800 } });
    expect((plan as { entities: { own: boolean }[] }).entities.map(({ own }) => own)).toEqual(
      MACHINES.map(() => false),
    );
    const out = ["--out", "other.hsz"];
    await work.fails([...train, ...out, "--robust"], 2, /--robust is for a single model/);
    await work.fails(["train", "fleet.csv", ...out, "--workers", "2"], 2, /--workers is for fleets/);
    await work.fails([...train, ...out, "--entity-column", "b"], 2, /--entity-column/);
    await work.fails([...train, "--out", "fleet.hsz"], 5, /exists already/);
  });

  it("goes on after Ctrl-C, and after a fit that was killed says so by its exit code", async () => {
    const slow = [...train.slice(0, -2), ...tiny, "--epochs", "60"];
    const files = (): number =>
      existsSync(work.path("slow.hsz.parts"))
        ? readdirSync(work.path("slow.hsz.parts")).filter((name) => name.endsWith(".onnx")).length
        : 0;
    const until = async (count: number): Promise<void> => {
      while (files() < count) await wait(5);
    };
    const args = [...slow, "--workers", "1", "--out", "slow.hsz"];
    const stopped = start(args, work.folder);
    const result = ended(stopped);
    await until(3);
    stopped.kill("SIGINT");
    expect(await result).toMatchObject({ code: 130, stderr: expect.stringContaining("slow.hsz.parts") });
    expect(work.files()).not.toContain("slow.hsz");
    const before = files();
    await work.fails([...args, "--seed", "3"], 2, /other data or other options/);

    const resumed = start(args, work.folder);
    const rest = ended(resumed);
    await until(before + 2);
    // The next fit is under way.
    await wait(60);
    const children = readFileSync(`/proc/${resumed.pid}/task/${resumed.pid}/children`, "utf8");
    process.kill(Number(children.trim().split(" ")[0]), "SIGKILL");
    const { code, stdout, stderr } = await rest;
    expect(code, stderr).toBe(9);
    expect(stderr).toMatch(/models done before[\s\S]*The fit of m\d failed: The process ended with SIGKILL/);
    expect(stdout).toMatch(/own models +7 entities/);
    expect(work.files()).not.toContain("slow.hsz.parts");
    rmSync(work.path("slow.hsz"));
  });
});

describe("score with a fleet", () => {
  it("says of each row in its order which model scored it", async () => {
    const { stderr } = await work.ok(["score", "fleet.hsz", "today.csv", "--out", "scores.csv"]);
    expect(stderr).toMatch(
      /20 rows of 1 entity in "machine" were scored by the model of all.*1 entity was.*"new"/,
    );
    const [head, ...rows] = work.text("scores.csv").trim().split("\n");
    expect(head).toBe("row,machine,score,p_value,threshold,is_anomaly,model");
    const cells = rows.map((row) => row.split(","));
    expect(cells.map(([row]) => Number(row))).toEqual(cells.map((_, k) => k + 1));
    expect(cells.slice(0, 3).map((row) => [row[1], row[6]])).toEqual([
      ["m3", "own"],
      ["new", "fallback"],
      ["m0", "own"],
    ]);
    const flagged = cells.filter((row) => row[5] === "1" && row[6] === "own");
    const odd = flagged.filter((row) => (Number(row[0]) - 1) % 30 < 3);
    expect(odd).toHaveLength(4);
    expect(flagged.length).toBeLessThan(12);
  });

  it("sums up in JSON, by a rule and by a false discovery rate", async () => {
    const out = ["--out", "more.csv", "--force", "--json"];
    const summary = await work.json([
      "score",
      "fleet.hsz",
      "today.csv",
      ...out,
      "--rule",
      "false-alarms 10%",
    ]);
    expect(summary).toMatchObject({ rows: 60, entities: { own: 2, fallback: ["new"], unseen: ["new"] } });
    const found = await work.json(["score", "fleet.hsz", "today.csv", ...out, "--fdr", "0.3"]);
    expect(found).toMatchObject({ fdr: 0.3, calibrationSize: 20 });
    await work.fails(["score", "fleet.hsz", "today.csv", "--maps", "maps"], 2, /--maps was given/);
    await work.fails(["score", "fleet.hsz", "fleet.hsz"], 3, /fleet.hsz/);
  });
});

describe("other commands with a fleet", () => {
  const jsonl = (): string => {
    const [head, ...rows] = work.text("today.csv").trim().split("\n");
    const [machine, a, b] = head!.split(",");
    return rows
      .map((row) => row.split(","))
      .map(
        (cells) =>
          `${JSON.stringify({ [machine!]: cells[0], [a!]: Number(cells[1]), [b!]: Number(cells[2]) })}\n`,
      )
      .join("");
  };

  it("stream answers as score does, and goes on from its state", async () => {
    await work.ok(["score", "fleet.hsz", "today.csv", "--out", "whole.csv", "--force"]);
    const scores = work
      .text("whole.csv")
      .trim()
      .split("\n")
      .slice(1)
      .map((row) => row.split(","));
    const lines = jsonl().trim().split("\n");
    const said: string[] = [];
    for (const part of [lines.slice(0, 25), lines.slice(25)]) {
      const args = ["stream", "fleet.hsz", "--state", "stream.json"];
      said.push(...(await work.ok(args, { input: `${part.join("\n")}\n` })).stdout.trim().split("\n"));
    }
    const answers = said.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answers.map(({ row, score, model }) => [String(row), String(score), model])).toEqual(
      scores.map(([row, , score, , , , model]) => [row, score, model]),
    );
    const unnamed = lines
      .slice(0, 3)
      .map((line, k) => (k === 0 ? line : line.replace('"machine"', '"Machine"')));
    const { stderr } = await work.ok(["stream", "fleet.hsz"], { input: `${unnamed.join("\n")}\n` });
    expect(
      stderr.match(/Row 2 has no entity in "machine": such rows are scored by the model of all/g),
    ).toHaveLength(1);
    const odd = ['{"machine":["m0"],"a":1,"b":2}', "{broken", '{"machine":"m0","a":{},"b":2}', lines[0]];
    const refused = (await work.ok(["stream", "fleet.hsz"], { input: odd.join("\n") })).stdout;
    const [nested, broken, cell] = refused.split("\n").map((line) => line && JSON.parse(line));
    expect(nested.error.message).toMatch(/a list in the entity column "machine"/);
    expect(broken.error.message).toMatch(/^<stdin>: line 2 is "\{broken": it is not JSON/);
    expect([nested.model, broken.model, cell.model]).toEqual([undefined, undefined, "own"]);
    expect(cell.error.message).toMatch(/column "a" holds an object; a number/);
    const [from, to] = ["redis://localhost/a", "redis://localhost/b"];
    const over = ["stream", "fleet.hsz", "--from", from, "--to", to, "--forget-after", "50"];
    await work.fails(over, 2, /--forget-after over a broker is for single models/);
  });

  it("inspect shows the index, and takes one model out", async () => {
    const { stdout } = await work.ok(["inspect", "fleet.hsz"]);
    expect(stdout).toMatch(/a fleet of pca, one model per "machine"[\s\S]*own models +8 entities/);
    const index = (await work.json(["inspect", "fleet.hsz", "--json"])) as { entities: { name: string }[] };
    expect(index.entities.map(({ name }) => name)).toEqual(MACHINES);
    const { stdout: own } = await work.ok(["inspect", "fleet.hsz", "--entity", "m3"]);
    expect(own).toMatch(/# First: .*--entity "m3" --out model.onnx\n.*InferenceSession\("model.onnx"\)/);
    await work.ok(["inspect", "fleet.hsz", "--entity", "m3", "--out", "m3.onnx"]);
    const rows = work
      .text("today.csv")
      .split("\n")
      .filter((line, k) => k === 0 || line.startsWith("m3"));
    work.write("m3.csv", rows.join("\n"));
    await work.ok(["score", "m3.onnx", "m3.csv", "--out", "m3-scores.csv"]);
    const whole = work
      .text("whole.csv")
      .trim()
      .split("\n")
      .filter((line) => line.includes(",m3,"));
    const cells = (lines: string[], at: number) => lines.map((line) => line.split(",")[at]);
    expect(cells(work.text("m3-scores.csv").trim().split("\n").slice(1), 1)).toEqual(cells(whole, 2));
    await work.fails(["inspect", "fleet.hsz", "--entity", "m33"], 2, /Did you mean "m3"/);
    await work.fails(["inspect", "fleet.hsz", "--out", "x.onnx"], 2, /there is no --entity/);
    await work.fails(["inspect", "m3.onnx", "--entity", "m3"], 2, /is none/);
  });

  it("evaluate, monitor and explain go by entity", async () => {
    const found = await work.json([
      "evaluate",
      "fleet.hsz",
      "today.csv",
      "--label-column",
      "fault",
      "--json",
    ]);
    expect(found).toMatchObject({ labels: { normals: 54, anomalies: 6 }, decision: { threshold: 1 } });
    expect((found as { ranking: { auroc: number } }).ranking.auroc).toBeGreaterThan(0.9);
    const report = await work.run(["monitor", "fleet.hsz", "--input", "today.csv", "--json"]);
    expect(JSON.parse(report.stdout)).toMatchObject({ unwatched: ["new"], rows: 60 });
    const why = ["explain", "fleet.hsz", "today.csv", "--flagged", "--top", "1"];
    const { stdout } = await work.ok([...why, "--entity", "m0"]);
    const rows = stdout
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => Number(line.split(",")[0]));
    // Rows of m0 are every third, and have their numbers in the file.
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every((row) => row % 3 === 0)).toBe(true);
    await work.fails(why, 2, /nothing says which entity[\s\S]*--entity m0/);
  });

  it("commands that take single models say where to get one", async () => {
    await work.fails(
      ["threshold", "fleet.hsz"],
      4,
      /is a fleet of models[\s\S]*--entity NAME --out model.onnx/,
    );
    await work.fails(["incidents", "fleet.hsz", "today.csv"], 3, /no time steps/);
  });
});

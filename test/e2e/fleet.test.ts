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

import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { build, ended, start, Workspace } from "./cli.js";

const work = new Workspace();
const WINDOW = 8;

/** Two machines that swing, in turn; one of them leaves its usual range for a while. */
function readings(steps: number, odd = false): string {
  const lines: string[] = [];
  for (let step = 0; step < steps; step++) {
    for (const machine of ["press", "saw"]) {
      const wobble = Math.sin(step * 12.9898 + machine.length) * 0.1;
      const flow =
        Math.sin(step / 4) + wobble + (odd && machine === "saw" && step >= 60 && step < 80 ? 6 : 0);
      const time = new Date(Date.UTC(2026, 0, 5, 0, step)).toISOString();
      lines.push(JSON.stringify({ id: `${machine}-${step}`, machine, time, flow, load: Math.cos(step / 4) }));
    }
  }
  return `${lines.join("\n")}\n`;
}

beforeAll(async () => {
  build();
  work.write("normal.jsonl", readings(400));
  const series = ["--time-column", "time", "--entity-column", "machine", "--window", String(WINDOW)];
  await work.ok([
    "train",
    "normal.jsonl",
    "--detector",
    "pca",
    "--exclude",
    "id",
    "--out",
    "m.onnx",
    ...series,
  ]);
});

const stream = (...more: string[]): string[] => ["stream", "m.onnx", "--id-column", "id", ...more];
const parsed = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("stream", () => {
  test("answers every line, in one process or two with the state between them", async () => {
    const input = readings(100, true);
    const { stdout, stderr } = await work.ok(stream("--merge-gap", "3"), { input });
    const answers = parsed(stdout);
    expect(answers.map(({ row }) => row)).toEqual(Array.from({ length: 200 }, (_, k) => k + 1));
    expect(answers[0]).toEqual({ row: 1, id: "press-0", pending: WINDOW - 1 });
    const opened = answers.filter(({ incidents }) => JSON.stringify(incidents)?.includes("opened"));
    expect(opened.map(({ id }) => id)).toContain("saw-60");
    expect(answers.find(({ id }) => id === "saw-60")).toMatchObject({
      is_anomaly: 1,
      incidents: [{ kind: "opened", from: 60, to: 60, flagged: 1, peak_at: 60 }],
    });
    expect(stderr).toMatch(/200 rows: 186 scored, \d+ flagged, 14 waiting for a window, 0 refused\./);

    const lines = input.split("\n");
    const [first, second] = [lines.slice(0, 131).join("\n"), lines.slice(131).join("\n")];
    const kept = stream("--merge-gap", "3", "--state", "s.json");
    const early = await work.ok(kept, { input: first });
    const late = await work.ok(kept, { input: second });
    expect(early.stdout + late.stdout).toBe(stdout);
  });

  test("refuses lines one by one, and goes on", async () => {
    const lines = readings(20).trimEnd().split("\n");
    const input = [...lines.slice(0, 20), "{broken", '{"flow": 1}', lines[3], ...lines.slice(20)].join("\n");
    const answers = parsed((await work.ok(stream(), { input })).stdout);
    expect(answers.slice(20, 23)).toMatchObject([
      { row: 21, error: { code: "unfit-data", message: expect.stringContaining("{broken") } },
      { row: 22, error: { message: expect.stringContaining('entity column "machine"') } },
      { row: 23, id: "saw-1", error: { message: expect.stringContaining('last step of series "saw"') } },
    ]);
    expect(answers).toHaveLength(43);
    expect(answers.at(-1)).toMatchObject({ score: expect.any(Number) });
  });

  test("refuses lines that are no UTF-8 by their number, and scores none of them", async () => {
    const lines = readings(20).trimEnd().split("\n");
    const latin1 = Buffer.from('{"machine":"s\u00e4w","flow":1}\n', "latin1");
    const input = Buffer.concat([Buffer.from(`${lines[0]}\n\n`), latin1, Buffer.from(lines[1]!)]);
    const answers = parsed((await work.ok(stream(), { input })).stdout);
    expect(answers).toMatchObject([
      { row: 1, id: "press-0" },
      { row: 2, error: { code: "unfit-data", message: "<stdin>: line 3 is not valid UTF-8." } },
      { row: 3, id: "saw-0" },
    ]);
  });

  test("fails where it could read nothing at all", async () => {
    const { code, stdout, stderr } = await work.run(stream(), { input: '{"pressure": 1}\n[2]\n' });
    expect(parsed(stdout)).toHaveLength(2);
    expect(stderr).toMatch(
      /^error: None of 2 rows could be read\. The first one: A row has none of the model's columns/m,
    );
    expect(code).toBe(3);
  });

  test("answers at once what waits for no other line, and keeps its state on SIGTERM", async () => {
    const child = start(stream("--state", "stopped.json"), work.folder);
    const result = ended(child);
    child.stdin!.write(readings(1));
    await new Promise((resolve) => child.stdout!.once("data", resolve));
    child.kill("SIGTERM");
    const { code, stdout } = await result;
    expect({ code, rows: parsed(stdout).length }).toEqual({ code: 0, rows: 2 });
    expect(JSON.parse(work.text("stopped.json"))).toMatchObject({ stream: { rows: 2 } });
  });

  test("has a state file for one process at a time, and takes over that of one that was killed", async () => {
    const kept = stream("--state", "one.json");
    const child = start(kept, work.folder);
    const result = ended(child);
    child.stdin!.write(readings(1));
    await new Promise((resolve) => child.stdout!.once("data", resolve));
    const other = new RegExp(`one\\.json is in use by another run, process ${child.pid}`);
    await work.fails(kept, 5, other);
    await work.fails(["monitor", "m.onnx", "--input", "normal.jsonl", "--state", "one.json"], 5, other);
    child.kill("SIGKILL");
    await result;
    await work.ok(kept, { input: readings(1) });
    expect(JSON.parse(work.text("one.json"))).toMatchObject({ stream: { rows: 2 } });
    expect(readdirSync(work.folder).filter((name) => name.includes(".lock"))).toEqual([]);
  });

  test("refuses what it cannot promise, before any row", async () => {
    await work.fails(stream("--fdr", "0.1", "--fdr-method", "bh"), 2, /bh needs all rows at once/);
    await work.fails(stream("--fdr", "0.1", "--percentile", "99"), 2, /--fdr excludes/);
    await work.fails(stream("--state", "m.onnx"), 2, /the same file as the model/);
    await work.fails(stream("--state", "normal.jsonl"), 3, /not the state of a stream/);
    await work.fails(stream("--open-models", "3"), 2, /--open-models was given, but the model is no fleet/);
    await work.fails(stream("--merge-gap", "-1"), 2, /--merge-gap is "-1"/);
  });

  test("refuses what a broker's workers cannot promise, before it looks for the broker", async () => {
    const worker = (...more: string[]): string[] => ["stream", "m.onnx", ...more];
    const [from, to] = [
      ["--from", "redis://localhost/a"],
      ["--to", "redis://localhost/b"],
    ];
    await work.fails(worker("--to", "redis://localhost/b"), 2, /--to needs --from/);
    await work.fails(worker(...from!), 2, /--from needs --to/);
    await work.fails(worker(...from!, ...to!, "--fdr", "0.1"), 2, /--fdr excludes --from/);
    await work.fails(worker("--from", "amqp://localhost/a", ...to!), 2, /not the address of a broker/);
    await work.fails(
      worker(...from!, "--to", "kafka://localhost/b"),
      2,
      /--to is not the address of a stream of Redis/,
    );
    await work.fails(worker(...from!, "--to", "redis://other/b"), 2, /on another server than --from/);
    await work.fails(worker(...from!, "--to", "redis://localhost/a"), 2, /have to be three streams/);
  });
});

import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { build, ended, madeUpCsv, start, Workspace } from "./cli.js";

const work = new Workspace();

beforeAll(async () => {
  build();
  work.write("normal.csv", madeUpCsv());
  await work.ok(["train", "normal.csv", "--detector", "pca", "--exclude", "id,y", "--out", "a.onnx"]);
  mkdirSync(join(work.folder, "models"));
  copyFileSync(join(work.folder, "a.onnx"), join(work.folder, "models/plant.onnx"));
});

/** The service in a process of its own, once it listens. */
async function served(args: readonly string[]) {
  const child = start(["serve", ...args], work.folder);
  const result = ended(child);
  let said = "";
  child.stdout!.on("data", (text) => {
    said += String(text);
  });
  while (!/Listening on/.test(said)) {
    if (child.exitCode !== null) throw new Error((await result).stderr);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const url = /Listening on (\S+),/.exec(said)![1]!;
  const key = /hs_\S{43}/.exec(said)?.[0];
  return { child, result, url, key };
}

describe.skipIf(process.platform === "win32")("serve", () => {
  test("answers, keeps what it answered over kill -9, and ends with exit code 0", async () => {
    const args = ["models", "--data", "data", "--port", "0"];
    const first = await served(args);
    const headers = { authorization: `Bearer ${first.key}`, "content-type": "application/json" };
    const score = await fetch(`${first.url}/v1/models/plant/score`, {
      ...{ method: "POST", headers },
      body: JSON.stringify([{ a: 1, b: 2, c: 3 }]),
    });
    const { rows, detail } = (await score.json()) as {
      rows: { id: number; score: number }[];
      detail?: string;
    };
    expect([score.status, detail]).toEqual([200, undefined]);
    const register = async (url: string) => {
      const to = { method: "POST", headers, body: JSON.stringify({ url: "http://127.0.0.1:9/hook" }) };
      return (await fetch(`${url}/v1/webhooks`, to)).status;
    };
    expect(await register(first.url)).toBe(400);
    first.child.kill("SIGKILL");
    await first.result;

    const kept30 = ["--keep-results-days", "30", "--keep-audit-days", "7"];
    const second = await served([...args, "--webhooks-to-private", ...kept30]);
    expect(second.key).toBeUndefined();
    expect(await register(second.url)).toBe(201);
    const kept = await fetch(`${second.url}/v1/results/${rows[0]!.id}`, { headers });
    expect(await kept.json()).toMatchObject({ score: rows[0]!.score });
    const metrics = await (await fetch(`${second.url}/metrics`, { headers })).text();
    expect(metrics.match(/^hypersphere_kept_days.*$/gm)?.sort()).toEqual([
      'hypersphere_kept_days{what="audit"} 7',
      'hypersphere_kept_days{what="results"} 30',
    ]);
    second.child.kill("SIGTERM");
    const { code, stderr, stdout } = await second.result;
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(
      /^Listening on http:\/\/127\.0\.0\.1:\d+, its page for browsers; the API is described at /,
    );
    expect(readdirSync(join(work.folder, "data"))).toEqual(["postgres"]);
  });

  test("a time to keep things for that is none is refused", async () => {
    for (const days of ["0", "1.5", "forever", "36501"]) {
      const args = ["serve", "models", "--data", "d3", "--port", "0", "--keep-results-days", days];
      const { code, stderr } = await work.run(args);
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(`--keep-results-days is "${days}", expected a whole number from 1 to 36500.`),
      ]);
    }
  });

  test("a file that is no model, or has a name that is none: refused, named", async () => {
    mkdirSync(join(work.folder, "broken"));
    writeFileSync(join(work.folder, "broken/bad.onnx"), "nothing");
    const { code, stderr } = await ended(
      start(["serve", "broken", "--data", "d2", "--port", "0"], work.folder),
    );
    expect(code, stderr).toBe(4);
    expect(stderr).toMatch(/error: bad\.onnx: /);
    mkdirSync(join(work.folder, "named"));
    copyFileSync(join(work.folder, "a.onnx"), join(work.folder, "named/a b.onnx"));
    const named = await ended(start(["serve", "named", "--data", "d2", "--port", "0"], work.folder));
    expect(named.code, named.stderr).toBe(2);
    expect(named.stderr).toMatch(/error: The name "a b" is not allowed/);
  });
});

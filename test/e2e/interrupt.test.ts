import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { build, ended, madeUpCsv, start, tiny, Workspace } from "./cli.js";

const work = new Workspace();
const net = ["--detector", "deep-svdd", "--hidden-dims", "16", "--latent-dim", "8", "--patience", "100000"];
const endless = [...net, "--pretrain-epochs", "100000", "--epochs", "100000"];
const short = ["--members", "2", ...net, "--pretrain-epochs", "400", "--epochs", "400", "--exclude", "id,y"];

beforeAll(() => {
  build();
  work.write("normal.csv", madeUpCsv());
});

/** Resolves when the process has said something that matches. */
function said(child: ChildProcess, pattern: RegExp): Promise<void> {
  let text = "";
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (part: Buffer) => {
      text += part.toString();
      if (pattern.test(text)) resolve();
    });
    child.on("close", () => reject(new Error(`ended without saying ${pattern}: ${text}`)));
  });
}

async function appeared(path: string): Promise<void> {
  while (!existsSync(path)) await sleep(20);
}

// Windows has no signals that a process could answer.
describe.skipIf(process.platform === "win32")("Ctrl-C", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s in a training: exit code 130, no file is left",
    async (name) => {
      const before = work.files();
      const child = start(
        ["train", "normal.csv", "--out", "x.onnx", "--exclude", "id,y", ...endless],
        work.folder,
      );
      const result = ended(child);
      // The warning comes when the training has begun.
      await said(child, /"fixed" is left out/);
      await sleep(300);
      child.kill(name);
      const { code, stderr, stdout } = await result;
      expect(code, stderr).toBe(130);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/Stopping; press Ctrl-C again/);
      expect(stderr).toMatch(/error: The run was stopped/);
      expect(work.files()).toEqual(before);
    },
  );

  test("while waiting for standard input", async () => {
    const child = start(["score", "x.onnx", "-"], work.folder);
    const result = ended(child);
    await sleep(100);
    child.stdin?.end();
    expect((await result).code).toBe(5);
    const waiting = start(["inspect", "-"], work.folder);
    const stopped = ended(waiting);
    waiting.stdin?.write("a,b\n1,2\n");
    await sleep(1500);
    waiting.kill("SIGINT");
    expect((await stopped).code).toBe(130);
  });

  test("a second Ctrl-C does not wait", async () => {
    const child = start(
      ["train", "normal.csv", "--out", "x.onnx", "--exclude", "id,y", ...endless],
      work.folder,
    );
    const result = new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)));
    await said(child, /"fixed" is left out/);
    child.kill("SIGINT");
    child.kill("SIGINT");
    expect([130, "SIGINT"]).toContain(await result);
    expect(work.files()).not.toContain("x.onnx");
  });
});

/** Options of Node under which the decoder of Parquet says so and never returns from its first page. */
function endlessParquet(): string {
  const loop = `import { writeSync } from "node:fs"; const endless = () => { writeSync(2, "decoding\\n"); for (;;); };`;
  const hooks = `export async function load(url, context, next) {
    const loaded = await next(url, context);
    if (!url.endsWith("/hyparquet/src/plain.js")) return loaded;
    const source = String(loaded.source).replace(/export function readPlain\\(.*{/, (head) => head + " endless();");
    return { ...loaded, source: ${JSON.stringify(loop)} + source };
  }`;
  const asUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
  const register = `import { register } from "node:module"; register(${JSON.stringify(asUrl(hooks))});`;
  return `--import ${asUrl(register)}`;
}

describe("Parquet whose decoding never ends", () => {
  const train = ["train", "p.parquet", "--out", "p.onnx", ...tiny];
  beforeAll(() => {
    work.write("p.parquet", readFileSync(new URL("../golden/parquet/plain.parquet", import.meta.url)));
  });

  // Windows has no signals that a process could answer.
  test.skipIf(process.platform === "win32").each([
    ["SIGINT", train],
    ["SIGTERM", ["inspect", "p.parquet"]],
  ] as const)("%s ends %s: exit code 130, no file is left", async (name, args) => {
    const before = work.files();
    const child = start(args, work.folder, endlessParquet());
    const result = ended(child);
    await said(child, /decoding/);
    const begun = performance.now();
    child.kill(name);
    const { code, stdout, stderr } = await result;
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(code, stderr).toBe(130);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/error: The run was stopped/);
    expect(work.files()).toEqual(before);
  });

  test("--max-stall ends it: exit code 3, no file is left", async () => {
    const before = work.files();
    const result = await ended(start([...train, "--max-stall", "1"], work.folder, endlessParquet()));
    expect(result.code, result.stderr).toBe(3);
    expect(result.stderr).toMatch(/error: p\.parquet: the decoder of Parquet made no progress for 1 s/);
    expect(result.stderr).toMatch(/hint: .*--max-stall 10 waits longer/);
    expect(work.files()).toEqual(before);
    await work.fails([...train, "--max-stall", "0"], 2, /--max-stall is "0", expected a number above 0/);
    await work.ok(["inspect", "p.parquet", "--max-stall", "none"]);
  });
});

describe("--checkpoint", () => {
  test.skipIf(process.platform === "win32")(
    "a stopped training goes on to the same bytes as one that was not",
    async () => {
      await work.ok(["train", "normal.csv", "--out", "whole.onnx", ...short]);
      const before = work.files();
      const args = ["train", "normal.csv", "--out", "resumed.onnx", "--checkpoint", "run.ckpt", ...short];
      const child = start(args, work.folder);
      const result = ended(child);
      await appeared(work.path("run.ckpt"));
      child.kill("SIGINT");
      const { code, stderr } = await result;
      expect(code, stderr).toBe(130);
      expect(stderr).toMatch(/hint: The same command goes on from run\.ckpt/);
      expect(work.files()).toEqual([...before, "run.ckpt"].sort());

      const other = await work.fails([...args, "--seed", "5"], 2, /run with other data or options/);
      expect(other.stdout).toBe("");
      const resumed = await work.ok(args);
      expect(resumed.stderr).toContain("Going on from run.ckpt.");
      expect(work.read("resumed.onnx").equals(work.read("whole.onnx"))).toBe(true);
      expect(work.files(), "a finished training needs no checkpoint").not.toContain("run.ckpt");
    },
  );

  test("a file that is something else is left alone", async () => {
    work.write("notes.txt", "not a checkpoint");
    const args = ["train", "normal.csv", "--out", "x.onnx", ...tiny, "--checkpoint"];
    await work.fails([...args, "notes.txt"], 3, /notes\.txt exists and is not a checkpoint/);
    expect(work.text("notes.txt")).toBe("not a checkpoint");
    work.write("broken.ckpt", "hypersphere checkpoint 1\nand then nothing of the kind");
    await work.fails([...args, "broken.ckpt"], 3, /broken\.ckpt is damaged/);
    await work.fails([...args, "nowhere/run.ckpt"], 5, /the folder nowhere does not exist/);
  });
});

/** Models, keys, names and texts from people that nobody knows, on the real command line. */
import { type ChildProcess, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { endlessModel, strangeCsv, tameModel } from "../strange-models.js";
import { build, ended, madeUpCsv, start, tiny, Workspace } from "./cli.js";

const work = new Workspace();
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/strange-models/${name}.onnx`, import.meta.url));

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u200b]/;

beforeAll(async () => {
  build();
  work.write("rows.csv", strangeCsv);
  work.write("endless.onnx", await endlessModel());
  work.write("tame.onnx", await tameModel());
});

/** Processes that a process has started, with the seconds of a processor that each has used. */
function processesOf({ pid }: ChildProcess): { readonly pid: number; readonly seconds: number }[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      // Parent, and hundredths of a second for the process itself and for the system.
      return Number(fields[1]) === pid
        ? [{ pid: Number(name), seconds: (Number(fields[11]) + Number(fields[12])) / 100 }]
        : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** Waits until the process that scores for a command is busy: it takes half a second to start, and the model has no end. */
async function busy(child: ChildProcess): Promise<void> {
  if (!existsSync("/proc/self/stat")) return void (await sleep(2500));
  const from = performance.now();
  while (!processesOf(child).some(({ seconds }) => seconds > 1)) {
    expect(child.exitCode).toBe(null);
    expect(performance.now() - from).toBeLessThan(60_000);
    await sleep(50);
  }
}

describe.skipIf(process.platform === "win32")("a model that never comes to an end", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("is ended by one %s, and nothing is left", async (signal) => {
    for (const more of [["--out", "scores.csv"], []]) {
      const before = work.files();
      const child = start(["score", "endless.onnx", "rows.csv", ...more], work.folder);
      const result = ended(child);
      await busy(child);
      expect(child.exitCode).toBe(null);
      const from = performance.now();
      child.kill(signal);
      const { code, stdout, stderr } = await result;
      expect(performance.now() - from).toBeLessThan(2000);
      expect(code, stderr).toBe(130);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/error: The run was stopped/);
      expect(work.files()).toEqual(before);
    }
  });

  test("is ended in the other commands that score, too", async () => {
    work.write("labelled.csv", strangeCsv.replaceAll(/^(\d+)$/gm, "$1,$1").replace("a\n", "a,y\n"));
    for (const args of [
      ["monitor", "endless.onnx", "--input", "rows.csv"],
      ["evaluate", "endless.onnx", "labelled.csv", "--label-column", "y", "--normal-label", "0"],
      ["threshold", "endless.onnx", "--rule", "contamination 5%", "--data", "rows.csv", "--out", "t.onnx"],
    ]) {
      const child = start(args, work.folder);
      const result = ended(child);
      await busy(child);
      expect(child.exitCode, args[0]!).toBe(null);
      child.kill("SIGINT");
      expect((await result).code, args[0]!).toBe(130);
    }
  });

  test.skipIf(!existsSync("/proc/self/stat"))("does not outlive a command that was killed", async () => {
    const child = start(["score", "endless.onnx", "rows.csv"], work.folder);
    const result = ended(child).catch(() => undefined);
    await busy(child);
    const found = processesOf(child);
    expect(found).toHaveLength(1);
    child.kill("SIGKILL");
    await result;
    await expect.poll(() => existsSync(`/proc/${found[0]!.pid}/fd/0`), { timeout: 3000 }).toBe(false);
  });
});

describe("a model from a stranger", () => {
  test("is refused with a sentence, whatever is wrong with it", async () => {
    for (const name of ["card_no_schema", "card_thr_null", "model-reads-cwd-file", "model-loop"]) {
      copyFileSync(fixture(name), work.path(`${name}.onnx`));
      await work.fails(["score", `${name}.onnx`, "rows.csv"], 4, /error: .+\nhint: /);
      await work.fails(["inspect", `${name}.onnx`], 4, /error: /);
    }
  });

  test("cannot speak to the terminal", async () => {
    copyFileSync(fixture("card_esc2"), work.path("esc.onnx"));
    const { stdout } = await work.ok(["inspect", "esc.onnx"]);
    expect(stdout).not.toMatch(CONTROLS);
    expect(stdout).toContain("\\x1b]0;title\\x07\\x1b[31mevil");
    const json = await work.ok(["inspect", "esc.onnx", "--json"]);
    expect(JSON.parse(json.stdout).detector).toContain("\u001b]0;title");
  });
});

describe("signatures", () => {
  test("are made, verified, and asked for where a key is configured", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    work.write("key.pem", privateKey.export({ type: "pkcs8", format: "pem" }) as string);
    work.write("pub.pem", publicKey.export({ type: "spki", format: "pem" }) as string);
    await work.fails(["verify", "tame.onnx", "--key", "pub.pem"], 4, /not signed/);
    await work.ok(["sign", "tame.onnx", "--key", "key.pem", "--out", "signed.onnx"]);
    await work.fails(["sign", "tame.onnx", "--key", "key.pem", "--out", "signed.onnx"], 5, /exists already/);
    await work.fails(["sign", "tame.onnx", "--key", "pub.pem"], 2, /should be a private Ed25519 key/);
    expect((await work.ok(["verify", "signed.onnx", "--key", "pub.pem"])).stdout).toMatch(/as it was signed/);
    const plain = await work.ok(["score", "tame.onnx", "rows.csv"]);
    expect((await work.ok(["score", "signed.onnx", "rows.csv"])).stdout).toBe(plain.stdout);
    const strict = ["threshold", "signed.onnx", "--rule", "percentile 90", "--out", "strict.onnx"];
    expect((await work.ok(strict)).stderr).toMatch(/signed\.onnx is signed, the changed model is not/);
    await work.ok(["sign", "tame.onnx", "--key", "key.pem", "--dry-run"]);

    const bin = fileURLToPath(new URL("../../bin/hypersphere.js", import.meta.url));
    const withKey = (...args: string[]) =>
      spawnSync(process.execPath, [bin, ...args], {
        cwd: work.folder,
        encoding: "utf8",
        env: { ...process.env, HYPERSPHERE_VERIFY_KEY: "pub.pem" },
      });
    expect(withKey("score", "signed.onnx", "rows.csv").status).toBe(0);
    expect(withKey("verify", "signed.onnx").status).toBe(0);
    for (const args of [
      ["score", "tame.onnx", "rows.csv"],
      ["inspect", "tame.onnx"],
      ["threshold", "tame.onnx"],
    ]) {
      const { status, stderr } = withKey(...args);
      expect(status).toBe(4);
      expect(stderr).toMatch(/tame\.onnx: The model is not signed/);
    }
    const changed = work.read("signed.onnx");
    changed[100]! ^= 1;
    work.write("changed.onnx", changed);
    await work.fails(["verify", "changed.onnx", "--key", "pub.pem"], 4, /does not fit/);
    await work.fails(["verify", "signed.onnx"], 2, /No key was given/);
  });
});

describe("columns that every object answers to", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const csv = madeUpCsv().replace(
    "id,a,b,c,kind,fixed,y",
    `id,__proto__,constructor,toString,hasOwnProperty,fixed,y`,
  );
  const jsonl = `${csv
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [id, ...cells] = line.split(",");
      const numbers = cells.map((cell, k) => (k === 3 ? JSON.stringify(cell) : Number(cell)));
      return `{"id":${JSON.stringify(id)},"__proto__":${numbers[0]},"constructor":${numbers[1]},"toString":${numbers[2]},"hasOwnProperty":${numbers[3]}}`;
    })
    .join("\n")}\n`;

  test("are columns like others, from training to scores", async () => {
    work.write("plain.csv", madeUpCsv());
    work.write("names.csv", csv);
    work.write("names.jsonl", jsonl);
    const flags = [...tiny, "--exclude", "id,y,fixed"];
    await work.ok(["train", "plain.csv", "--out", "plain.onnx", ...flags]);
    await work.ok(["train", "names.csv", "--out", "names.onnx", ...flags]);
    await work.ok(["train", "names.jsonl", "--out", "namesj.onnx", ...tiny, "--exclude", "id"]);
    const scores = async (model: string, data: string, ...more: string[]): Promise<string> =>
      (await work.ok(["score", model, data, ...more])).stdout;
    const right = await scores("plain.onnx", "plain.csv");
    expect(await scores("names.onnx", "names.csv")).toBe(right);
    expect(await scores("names.onnx", "names.jsonl")).toBe(right);
    expect(await scores("namesj.onnx", "names.csv")).toBe(right);
    const card = (await work.json(["inspect", "names.onnx", "--json"])) as {
      schema: { numeric: { name: string }[]; categorical: { name: string }[] };
    };
    const { numeric, categorical } = card.schema;
    expect([...numeric, ...categorical].map(({ name }) => name)).toEqual(names);
    expect(({} as Record<string, unknown>)["cells"]).toBe(undefined);

    // Missing and unseen values, by name; ids by such a name; drift.
    const odd = csv.replace(/^(r0001),[^,]*,[^,]*,[^,]*,[^,]*/m, "$1,,,,never");
    work.write("odd.csv", odd);
    const told = await work.ok(["score", "names.onnx", "odd.csv", "--id-column", "__proto__", "--jsonl"]);
    expect(told.stderr).toMatch(/"__proto__" 1, "constructor" 1, "toString" 1/);
    expect(told.stderr).toMatch(
      /"hasOwnProperty": 1 cell with a text that training never saw, such as "never"/,
    );
    const [, second] = told.stdout.split("\n");
    expect(Object.keys(JSON.parse(second!))[0]).toBe("__proto__");
    const drift = await work.run(["monitor", "names.onnx", "--input", "names.csv", "--json"]);
    const { features } = JSON.parse(drift.stdout) as { features: { name: string; missing: number }[] };
    expect(features.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const { missing } of features) expect(missing).toBe(0);
  });

  test("are no options, detectors or commands", async () => {
    work.write("options.json", '{"__proto__": {"k": 3}}');
    await work.fails(
      ["train", "names.csv", "--out", "x.onnx", "--config", "options.json"],
      2,
      /there is no option "__proto__"/,
    );
    await work.fails(
      ["train", "names.csv", "--out", "x.onnx", "--detector", "constructor"],
      2,
      /constructor/,
    );
    await work.fails(["constructor"], 2, /unknown command 'constructor'/i);
    await work.fails(
      ["score", "names.onnx", "names.csv", "--operating-point", "__proto__"],
      2,
      /no operating point/,
    );
  });
});

describe("texts of a file", () => {
  test("are no formulas in what is written, unless asked for", async () => {
    const rows = ["id,a", "=1+1,1", "+x,2", "-y,3", "@z,4", "-5,5", "plain,6", '"\t=1",7'];
    work.write("formulas.csv", `${rows.join("\n")}\n`);
    const ids = async (...more: string[]): Promise<string[]> => {
      const { stdout } = await work.ok(["score", "tame.onnx", "formulas.csv", "--id-column", "id", ...more]);
      return stdout
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(",")[0]!);
    };
    expect(await ids()).toEqual(["'=1+1", "'+x", "'-y", "'@z", "-5", "plain", expect.stringContaining("=1")]);
    expect(await ids("--keep-formulas")).toEqual([
      "=1+1",
      "+x",
      "-y",
      "@z",
      "-5",
      "plain",
      expect.any(String),
    ]);
    const json = await work.ok(["score", "tame.onnx", "formulas.csv", "--id-column", "id", "--jsonl"]);
    expect(JSON.parse(json.stdout.split("\n")[0]!).id).toBe("=1+1");
  });

  test("do not reach the terminal as commands, in warnings, errors and tables", async () => {
    const evil = "\u001b[31mred\u202e\u0085\u200b";
    work.write("evil.csv", `a,${evil}\n1,2\n2,3\n3,${evil}\n`);
    for (const args of [
      ["inspect", "evil.csv"],
      ["score", "tame.onnx", "evil.csv"],
      ["train", "evil.csv", "--out", "x.onnx", "--column-type", `${evil}=numeric`],
      ["train", "evil.csv", "--out", "x.onnx", "--detector", evil],
      ["score", `${evil}.onnx`, "evil.csv", "--debug"],
      [evil],
    ]) {
      const { stdout, stderr } = await work.run(args);
      expect(stdout + stderr, args.join(" ")).not.toMatch(CONTROLS);
      expect(stdout + stderr, args.join(" ")).toMatch(/\\(x1b|u001b)\[31mred/);
    }
  });
});

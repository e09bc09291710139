/** The published package, from the outside: what is in the tarball, and whether it works where nothing else is. */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// @ts-expect-error the examples are plain JavaScript, for people to read
import { writeParts } from "../../examples/parts.js";
// @ts-expect-error likewise
import { COLUMNS, simulatePlant, toCsv } from "../../examples/plant.js";
import { VERSION } from "../../src/version.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const scratch = mkdtempSync(join(tmpdir(), "hypersphere-pack-"));
const consumer = join(scratch, "consumer");
/** Named by the environment where the usual one has no onnxruntime; without any, the Python snippet is not run. */
const PYTHON = process.env["PYTHON"] ?? "python3";
const hasOnnxRuntime = spawnSync(PYTHON, ["-c", "import numpy, onnxruntime"]).status === 0;
/** A proxy that refuses: what an installation script would download through it fails, as in a closed network. */
const CLOSED = {
  GLOBAL_AGENT_HTTPS_PROXY: "http://127.0.0.1:9",
  GLOBAL_AGENT_HTTP_PROXY: "http://127.0.0.1:9",
};
let files: string[];
/** What `hypersphere doctor` finds after a plain `npm install` in a closed network, and after the remedy that it names. */
let found: { readonly plain: Doctor; readonly remedied: Doctor };

interface Doctor {
  readonly ok: boolean;
  readonly runtimes: Record<"native" | "wasm", { readonly ok: boolean; readonly problem: string | null }>;
}

beforeAll(() => {
  // Packing would build first; but the build is what the test run began with, and other tests are reading it.
  const [packed] = JSON.parse(
    run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", scratch], { cwd: root }),
  );
  files = packed.files.map(({ path }: { path: string }) => path);
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);
  console.log(
    `tarball: ${files.length} files, ${megabytes(packed.size)} MB, ${megabytes(packed.unpackedSize)} MB unpacked`,
  );

  mkdirSync(consumer);
  writeFileSync(
    join(consumer, "package.json"),
    JSON.stringify({ name: "consumer", private: true, type: "module" }),
  );
  const install = (tarball: readonly string[], env: Record<string, string>): Doctor => {
    run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", ...tarball], {
      env,
    });
    return JSON.parse(run("npx", ["--no-install", "hypersphere", "doctor", "--json"]));
  };
  found = {
    plain: install([join(scratch, packed.filename)], CLOSED),
    remedied: install([], { ...CLOSED, ONNXRUNTIME_NODE_INSTALL: "skip" }),
  };
}, 300_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs a command in the consumer's folder; its output, or an error with all that it said. */
function run(
  command: string,
  args: readonly string[],
  { cwd = consumer, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): string {
  const done = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    shell: process.platform === "win32",
    env: { ...process.env, ...env },
  });
  if (done.status !== 0) {
    throw new Error(
      `${command} ${args.join(" ")} ended with ${done.status}:\n${done.stdout}\n${done.stderr}`,
    );
  }
  return done.stdout;
}

function script(name: string, text: string): string {
  writeFileSync(join(consumer, name), text);
  return run(process.execPath, [name]);
}

/** Two columns that go together, as CSV. */
function csv(rows: number): string {
  const lines = Array.from({ length: rows }, (_, k) => {
    const t = (k * 0.618) % 1;
    return `${t.toFixed(4)},${(2 * t + 0.01 * Math.sin(k)).toFixed(4)},${k % 3 === 0 ? "a" : "b"}`;
  });
  return `x,y,kind\n${lines.join("\n")}\n`;
}

describe("tarball", () => {
  test("holds the build, the command and the notes, and nothing of the workshop", () => {
    for (const file of [
      "package.json",
      "README.md",
      "CHANGELOG.md",
      "LICENSE",
      "bin/hypersphere.js",
      "dist/index.js",
    ]) {
      expect(files).toContain(file);
    }
    const allowed =
      /^(package\.json|README\.md|integrations\/[a-z_]+\.py|CHANGELOG\.md|LICENSE|bin\/[a-z-]+\.js|dist\/[a-z0-9/-]+(\.d\.ts|\.js)|docs\/(detectors\/)?[a-z-]+\.md|python\/hypersphere\.py)$/;
    expect(files.filter((file) => !allowed.test(file))).toEqual([]);
    expect(files.filter((file) => /(^|[/.-])(tests?|golden|fixtures?|bench)([/.-]|$)/.test(file))).toEqual(
      [],
    );
  });

  test("stays small", () => {
    // 25 kB of it are uPlot, for the pages that `plot` writes, 35 kB fleets, 22 kB explanations and trees in WebAssembly, 11 kB models
    // rewritten over steps, 16 kB derivatives of models that are read from their files, 6 kB what images of other sizes, drawn
    // defects and summaries of maps are told in, 3 kB what doubts masks and locks files, 6 kB names that look the same, nearest
    // images and thresholds of adapted models, 2 kB rows that models keep, 4 kB pages of image files and numbers that stand for
    // missing values, 6 kB fleets over brokers and ties of images, 3 kB what foreign files and small marks are told by, 3 kB what
    // workers over Kafka do and were run against, 8 kB stuck sensors, precise maps and what is said of outages, and 4 kB coarse backbones and rows that were trained on; the rest is code, its types and docs.
    expect(statSync(join(scratch, `hypersphere-${VERSION}.tgz`)).size).toBeLessThan(1_600_000);
  });

  test("has one version, wherever it is written", () => {
    expect(manifest.version).toBe(VERSION);
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    expect(lock.packages[""].version).toBe(VERSION);
  });

  test("declares every entry point's file, with types", () => {
    for (const target of Object.values<string | { types: string; default: string }>(manifest.exports)) {
      const paths = typeof target === "string" ? [target] : [target.types, target.default];
      for (const path of paths) expect(files).toContain(path.replace("./", ""));
    }
  });
});

describe("installation", () => {
  test("a plain npm install works where only the registry can be reached, and says how to add what is missing", () => {
    expect(found.plain.ok).toBe(true);
    expect(found.plain.runtimes.wasm.ok).toBe(true);
    const { native } = found.plain.runtimes;
    // It is there where npm asks before it runs a package's script, or where the script downloads nothing.
    if (!native.ok) expect(native.problem).toContain("ONNXRUNTIME_NODE_INSTALL=skip npm install");
    expect(found.remedied.runtimes.native).toMatchObject({ ok: true, problem: null });
  });

  test("npm has no warning about a clone", () => {
    const clone = join(scratch, "clone");
    mkdirSync(clone);
    const npmrc = join(root, ".npmrc");
    for (const file of ["package.json", "package-lock.json"])
      copyFileSync(join(root, file), join(clone, file));
    for (const name of ["packages/server", "packages/brokers", "packages/playground"]) {
      mkdirSync(join(clone, name), { recursive: true });
      copyFileSync(join(root, name, "package.json"), join(clone, name, "package.json"));
    }
    if (existsSync(npmrc)) copyFileSync(npmrc, join(clone, ".npmrc"));
    // Of the clone alone: neither the user's settings nor those of an npm around this test.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_")),
    );
    const done = spawnSync("npm", ["ci", "--ignore-scripts", "--dry-run", "--no-audit"], {
      cwd: clone,
      encoding: "utf8",
      shell: process.platform === "win32",
      env: { ...env, npm_config_userconfig: join(clone, "no-npmrc") },
    });
    expect(done.status, done.stderr).toBe(0);
    expect(done.stderr).not.toMatch(/warn/i);
    expect(readFileSync(join(root, "package-lock.json"), "utf8")).not.toContain('"deprecated"');
  });
});

describe("installed in an empty folder", () => {
  test("every entry point can be imported", () => {
    const names = Object.keys(manifest.exports).filter((name) => name !== "./package.json");
    const output = script(
      "entries.js",
      `for (const name of ${JSON.stringify(names.map((name) => name.replace(".", "hypersphere")))}) {
         console.log(name, Object.keys(await import(name)).length > 0);
       }`,
    );
    expect(output.trim().split("\n")).toEqual(
      names.map((name) => `${name.replace(".", "hypersphere")} true`),
    );
  });

  test("trains, saves, loads and scores", () => {
    writeFileSync(join(consumer, "normal.csv"), csv(200));
    const output = script(
      "use.js",
      `import { DeepSvdd, loadModel, open } from "hypersphere";
       const table = await open("normal.csv");
       const model = await new DeepSvdd({ members: 1, steps: 20, pretrainSteps: 20 }).fit(table);
       await model.save("saved.onnx");
       const { scores } = await (await loadModel("saved.onnx")).score(table);
       const same = (await model.score(table)).scores.every((score, row) => score === scores[row]);
       console.log(scores.length, same);`,
    );
    expect(output.trim()).toBe("200 true");
  });

  test("CommonJS can require it", () => {
    writeFileSync(join(consumer, "use.cjs"), 'console.log(typeof require("hypersphere").DeepSvdd);');
    expect(run(process.execPath, ["--disable-warning=ExperimentalWarning", "use.cjs"]).trim()).toBe(
      "function",
    );
  });

  test("the browser's door trains and scores with WebAssembly", () => {
    const output = script(
      "web.js",
      `import { DeepSvdd, Model, tableFromColumns, useWebRuntime } from "hypersphere/web";
       await useWebRuntime();
       const x = Array.from({ length: 100 }, (_, k) => Math.sin(k));
       const table = tableFromColumns({ x, y: x.map((value) => value * value) });
       const model = await new DeepSvdd({ members: 1, steps: 20, pretrainSteps: 20 }).fit(table);
       const again = await Model.fromBytes(model.toBytes());
       console.log(again.card.versions.runtime, (await again.score(table)).scores.every(Number.isFinite));`,
    );
    expect(output.trim()).toBe("wasm true");
  });

  // Takes a minute and a half: left to `npm run test:long`.
  test.runIf(process.env["HYPERSPHERE_LONG"])(
    "what the README shows works when pasted",
    { timeout: 300_000 },
    async () => {
      const { history, today } = simulatePlant({ days: 2 });
      mkdirSync(join(consumer, "demo-output"));
      writeFileSync(join(consumer, "demo-output/plant.csv"), toCsv(COLUMNS, history));
      writeFileSync(join(consumer, "demo-output/today.csv"), toCsv([...COLUMNS, "fault"], today));
      await writeParts(join(consumer, "demo-output/parts"), { train: 60, test: 10 });
      const blocks = (page: string, language: string): string[] =>
        [...readFileSync(join(root, page), "utf8").matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
          .filter(([, found]) => found === language)
          .map(([, , text]) => text!);

      const commands = blocks("README.md", "sh")
        .join("")
        .split("\n")
        .filter((line) => line.startsWith("node bin/hypersphere.js "));
      expect(commands).toHaveLength(5);
      for (const command of commands) {
        const installed = command.replace("node bin/hypersphere.js", "npx --no-install hypersphere");
        const done = spawnSync(installed, { cwd: consumer, encoding: "utf8", shell: true });
        // A comment says so where a command ends with something to report.
        const expected = Number(/# exit code (\d+)/.exec(command)?.[1] ?? 0);
        expect(done.status, `${command}\n${done.stdout}\n${done.stderr}`).toBe(expected);
      }
      const flags = readFileSync(join(consumer, "demo-output/flags.csv"), "utf8").trim().split("\n");
      expect(flags[0]).toBe("row,score,p_value,threshold,is_anomaly");
      expect(flags).toHaveLength(1441);
      const flagged = flags.filter((line) => line.endsWith(",1")).length;
      expect(flagged).toBeGreaterThan(10);

      const [snippet] = blocks("README.md", "ts");
      expect(Number(/auroc: (0\.\d+|1)/.exec(script("readme.js", snippet!))![1])).toBeGreaterThan(0.5);

      if (!hasOnnxRuntime) return;
      const [python] = blocks("docs/model-file.md", "python");
      const here = python!
        .replace("model.onnx", "demo-output/plant.onnx")
        .replace("today.csv", "demo-output/today.csv");
      const report = 'print(is_anomaly.sum(), "rows flagged of", len(rows))';
      writeFileSync(join(consumer, "model-file.py"), `${here}\n${report}`);
      expect(run(PYTHON, ["model-file.py"])).toContain(`${flagged} rows flagged of 1440`);
    },
  );

  test("reads Parquet in a thread of its own", () => {
    copyFileSync(join(root, "test/golden/parquet/plain.parquet"), join(consumer, "plain.parquet"));
    const output = script(
      "parquet.js",
      `import { readTable } from "hypersphere/io";
       const { rowCount, warnings } = await readTable("plain.parquet");
       console.log(rowCount, JSON.stringify(warnings));`,
    );
    // A warning would say that the file which decodes is not in the package.
    expect(output).toMatch(/^60 \[\]$/m);
    // A bundle has no such file beside it.
    const decoder = join(consumer, "node_modules/hypersphere/dist/io/parquet/decoder.js");
    renameSync(decoder, `${decoder}.away`);
    try {
      expect(run(process.execPath, ["parquet.js"])).toMatch(
        /^60 \["plain\.parquet was decoded where nothing can end it, because .*out of the bundle/m,
      );
    } finally {
      renameSync(`${decoder}.away`, decoder);
    }
  });

  test("the command trains and scores", () => {
    const npx = (...args: string[]): string => run("npx", ["--no-install", "hypersphere", ...args]);
    expect(npx("--version").trim()).toBe(VERSION);
    expect(npx("help", "thresholds")).toContain("A row is flagged when");
    writeFileSync(join(consumer, "train.csv"), csv(200));
    writeFileSync(join(consumer, "new.csv"), `${csv(3)}0.1,5,a\n`);
    npx("train", "train.csv", "--out", "model.onnx", "--quiet");
    npx("score", "model.onnx", "new.csv", "--out", "scores.csv", "--quiet");
    const lines = readFileSync(join(consumer, "scores.csv"), "utf8").trim().split("\n");
    expect(lines).toHaveLength(5);
    const column = lines[0]!.split(",").indexOf("is_anomaly");
    expect(column).toBeGreaterThan(0);
    expect(["1", "true"]).toContain(lines.at(-1)!.split(",")[column]);
  });
});

/** The published package, from the outside: what is in the tarball, and whether it works where nothing else is. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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
let files: string[];

beforeAll(() => {
  // Packing would build first; but the build is what the test run began with, and other tests are reading it.
  const [packed] = JSON.parse(
    run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", scratch], root),
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
  run("npm", [
    "install",
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    join(scratch, packed.filename),
  ]);
}, 300_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs a command in the consumer's folder; its output, or an error with all that it said. */
function run(command: string, args: readonly string[], cwd = consumer): string {
  const done = spawnSync(command, args, { cwd, encoding: "utf8", shell: process.platform === "win32" });
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
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|bin\/[a-z-]+\.js|dist\/[a-z0-9/-]+(\.d\.ts|\.js))$/;
    expect(files.filter((file) => !allowed.test(file))).toEqual([]);
    expect(files.filter((file) => /test|golden|fixture|bench/.test(file))).toEqual([]);
  });

  test("stays small", () => {
    expect(statSync(join(scratch, `hypersphere-${VERSION}.tgz`)).size).toBeLessThan(1_000_000);
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
      `import { DeepSvdd, loadModel, readTable } from "hypersphere";
       const table = await readTable("normal.csv");
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

  test("what the README shows works when pasted", { timeout: 300_000 }, async () => {
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
  });

  test("the command trains and scores", () => {
    const npx = (...args: string[]): string => run("npx", ["--no-install", "hypersphere", ...args]);
    expect(npx("--version").trim()).toBe(VERSION);
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

  test("types resolve, with the libraries' own declarations checked", { timeout: 300_000 }, () => {
    cpSync(join(root, "node_modules/@types/node"), join(consumer, "node_modules/@types/node"), {
      recursive: true,
    });
    cpSync(join(root, "node_modules/undici-types"), join(consumer, "node_modules/undici-types"), {
      recursive: true,
    });
    const check = (name: string, text: string, options: Record<string, unknown>): void => {
      writeFileSync(join(consumer, `${name}.ts`), text);
      writeFileSync(
        join(consumer, `tsconfig.${name}.json`),
        JSON.stringify({
          compilerOptions: {
            target: "ES2022",
            module: "nodenext",
            moduleResolution: "nodenext",
            strict: true,
            skipLibCheck: false,
            noEmit: true,
            ...options,
          },
          files: [`${name}.ts`],
        }),
      );
      run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", `tsconfig.${name}.json`]);
    };
    check(
      "node",
      `import { DeepSvdd, loadModel, type Model, readTable, type Scores } from "hypersphere";
       import { auroc } from "hypersphere/metrics";
       import { falseAlarmRate } from "hypersphere/scoring";
       import { Graph, type Tensor } from "hypersphere/graph";
       export async function use(): Promise<number> {
         const model: Model = await new DeepSvdd({ latentDim: 16, seed: 7 }).fit(await readTable("plant.csv"));
         await model.save("plant.onnx", { force: true });
         const again = await (await loadModel("plant.onnx")).withThreshold(falseAlarmRate(model.calibrationScores, 0.01));
         const { scores, isAnomaly }: Scores = await again.score(await readTable("today.csv"));
         const x: Tensor = new Graph().input("x", "float32", ["rows", 2]);
         return auroc(isAnomaly, scores) + x.shape.length;
       }
       // @ts-expect-error an option that does not exist
       new DeepSvdd({ latentDims: 16 });`,
      { lib: ["ES2022"], types: ["node"] },
    );
    check(
      "web",
      `import { DeepSvdd, Model, tableFromColumns, useWebRuntime } from "hypersphere/web";
       import { detectors } from "hypersphere/core";
       export async function use(bytes: Uint8Array): Promise<Float32Array> {
         await useWebRuntime({ wasmPaths: "/wasm/" });
         const table = tableFromColumns({ a: [1, 2, null], b: ["x", "y", "x"] });
         console.log(Object.keys(detectors), new DeepSvdd());
         return (await (await Model.fromBytes(bytes)).score(table)).scores;
       }`,
      { lib: ["ES2022", "DOM"], types: [] },
    );
  });
});

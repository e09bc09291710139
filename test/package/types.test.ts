/** The declarations of the published package, as the compiler of a user sees them. */
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// @ts-expect-error scripts are plain JavaScript
import { TSC } from "../../scripts/lib/compiler.js";
import { type Doors, readDoors } from "./doors.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const scratch = realpathSync(mkdtempSync(join(tmpdir(), "hypersphere-types-"))).replaceAll("\\", "/");
const modules = join(scratch, "consumer/node_modules");
const installed = join(modules, "hypersphere");
let found: Doors;

beforeAll(() => {
  const done = spawnSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", scratch], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  expect(done.status, done.stderr).toBe(0);
  mkdirSync(installed, { recursive: true });
  const [{ filename }] = JSON.parse(done.stdout);
  const unpacked = spawnSync("tar", ["-xzf", filename, "-C", installed, "--strip-components=1"], {
    cwd: scratch,
  });
  expect(unpacked.status, String(unpacked.stderr)).toBe(0);
  // Optional packages may be missing, and no type may need them.
  for (const name of [...Object.keys(manifest.dependencies), "@types/node", "undici-types"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name), "junction");
  }
  found = readDoors(installed);
  writeFileSync(join(scratch, "consumer/package.json"), JSON.stringify({ type: "module" }));
}, 60_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

type Options = Readonly<Record<string, string>>;

/** What the compiler says of files beside the installed package, and of the package's own declarations. */
function compile(files: Readonly<Record<string, string>>, options: Options): string[] {
  const cwd = join(scratch, "consumer");
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const flags = Object.entries({ target: "es2022", strict: "true", skipLibCheck: "false", ...options });
  const args = [...flags.flatMap(([name, value]) => [`--${name}`, value]), "--noEmit", "--pretty", "false"];
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(root, "node_modules", TSC), ...args, ...Object.keys(files)],
    { cwd, encoding: "utf8" },
  );
  expect([0, 1, 2], stderr).toContain(status);
  const said = stdout.split("\n").filter((line) => /error TS\d+:/.test(line));
  expect(said.length > 0, stdout).toBe(status !== 0);
  // The declarations of other packages lie outside.
  return said.filter((line) => !line.startsWith("../../"));
}

/** A file that names every type that a door exports. */
function everyName({ doors }: Doors): string {
  expect(doors.map((door) => door.name)).toContain("hypersphere/web");
  return doors
    .map(({ name, types }, door) => {
      const names = types.map((type) => `${type} as ${type}${door}`);
      return `export type { ${names.join(", ")} } from "${name}";`;
    })
    .join("\n");
}

const inNode = `
  import { DeepSvdd, loadModel, type Model, open, type Scores } from "hypersphere";
  import { readTable } from "hypersphere/io";
  import { auroc } from "hypersphere/metrics";
  import { falseAlarmsThreshold } from "hypersphere/scoring";
  import { Graph, type Tensor } from "hypersphere/graph";
  export async function use(): Promise<number> {
    const model: Model = await new DeepSvdd({ latentDim: 16, seed: 7 }).fit(await open("plant.csv"));
    await model.save("plant.onnx", { force: true });
    const again = await (await loadModel("plant.onnx")).withThreshold(falseAlarmsThreshold(model.calibrationScores, 0.01));
    const { scores, isAnomaly }: Scores = await again.score(await readTable("today.csv"));
    const x: Tensor = new Graph().input("x", "float32", ["rows", 2]);
    return auroc(isAnomaly, scores) + x.shape.length;
  }
  // @ts-expect-error an option that does not exist
  new DeepSvdd({ latentDims: 16 });`;

const inBrowser = `
  import { DeepSvdd, Model, tableFromColumns, useWebRuntime } from "hypersphere/web";
  import { detectors } from "hypersphere/core";
  export async function use(bytes: Uint8Array): Promise<Float32Array> {
    await useWebRuntime({ wasmPaths: "/wasm/" });
    const table = tableFromColumns({ a: [1, 2, null], b: ["x", "y", "x"] });
    console.log(Object.keys(detectors), new DeepSvdd());
    return (await (await Model.fromBytes(bytes)).score(table)).scores;
  }`;

const resolutions: Readonly<Record<string, Options>> = {
  node16: { module: "node16", moduleResolution: "node16" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};
const node: Options = { lib: "es2022", types: "node" };
const browser: Options = { lib: "es2022,dom", types: "" };

describe("resolution", () => {
  test.each(Object.entries(resolutions))(
    "%s: programs compile, and every type of every door has its name",
    (_, resolution) => {
      const files = { "in-node.ts": inNode, "names.ts": everyName(found) };
      expect(compile(files, { ...resolution, ...node })).toEqual([]);
      expect(compile({ "in-browser.ts": inBrowser }, { ...resolution, ...browser })).toEqual([]);
    },
  );

  test("a name that no door has would be seen", () => {
    const wrong = everyName(found).replace("Model as", "Modell as");
    const options = { ...resolutions["nodenext"], ...node };
    expect(compile({ "wrong.ts": wrong }, options)).toEqual([expect.stringContaining("Modell")]);
  });
});

describe("types that signatures mention", () => {
  test("have a door that exports them", () => {
    expect(found.unnamed, "export these from src/core.ts, or from the door that mentions them").toEqual([]);
  });

  test("are missed if no door exports them", () => {
    const toy = join(scratch, "toy");
    mkdirSync(toy);
    writeFileSync(
      join(toy, "package.json"),
      JSON.stringify({ name: "toy", type: "module", exports: { ".": { types: "./index.d.ts" } } }),
    );
    writeFileSync(
      join(toy, "index.d.ts"),
      `import { Hidden, type Known } from "./inner.js";
       export { Known } from "./inner.js";
       export declare function f<T>(given: Known<T>): Promise<Hidden>;`,
    );
    writeFileSync(
      join(toy, "inner.d.ts"),
      `export interface Known<T> { readonly items: readonly import("./deeper.js").Item<T>[] }
       export declare class Hidden { private secret; }`,
    );
    writeFileSync(join(toy, "deeper.d.ts"), "export type Item<T> = { value: T };");
    expect(readDoors(toy).unnamed).toEqual([
      "deeper.d.ts: Item (in inner.d.ts: Known)",
      "inner.d.ts: Hidden (in index.d.ts: f)",
    ]);
  });
});

// Line coverage of src/ by all tests: those that run inside vitest, and the command lines and workers that they start from
// dist/. The latter write what V8 counted (NODE_V8_COVERAGE); it is carried back to the sources by source maps.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { generatedPositionFor, LEAST_UPPER_BOUND, TraceMap } from "@jridgewell/trace-mapping";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What vitest needs to be told, so that `lineCoverage` finds everything in the folder. */
export const coverageFlags = (folder) => [
  "--coverage.enabled",
  "--coverage.reporter=json",
  `--coverage.reportsDirectory=${join(folder, "vitest")}`,
];

/** Likewise for the environment: test/e2e/cli.ts hands it to the processes that it starts. */
export const coverageEnvironment = (folder) => ({ HYPERSPHERE_COVERAGE: join(folder, "processes") });

/** Lines of src/ that hold a statement, and how many of them ran; `rooms` the same for each folder of src/. */
export function lineCoverage(folder) {
  const files = JSON.parse(readFileSync(join(folder, "vitest/coverage-final.json"), "utf8"));
  const ran = readProcesses(join(folder, "processes"));
  const rooms = {};
  for (const [path, file] of Object.entries(files)) {
    const inside = relative(join(root, "src"), path).replaceAll(sep, "/");
    addProcess(inside, file, ran.get(inside.replace(/\.ts$/, ".js")));
    const lines = new Map();
    for (const [id, { start }] of Object.entries(file.statementMap)) {
      lines.set(start.line, lines.get(start.line) || file.s[id] > 0);
    }
    const room = inside.split("/")[0];
    rooms[room] ??= { covered: 0, total: 0 };
    rooms[room].total += lines.size;
    rooms[room].covered += [...lines.values()].filter(Boolean).length;
  }
  const sum = (key) => Object.values(rooms).reduce((total, room) => total + room[key], 0);
  return { covered: sum("covered"), total: sum("total"), rooms };
}

/** What a process says it ran. One that was killed while it wrote, as tests of stopping do, says nothing. */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).result;
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** For every file of dist/ that a process loaded, one byte per character: 1 where any process ran it. */
function readProcesses(folder) {
  const dist = pathToFileURL(join(root, "dist/")).href;
  const ran = new Map();
  for (const name of reports(folder)) {
    for (const { url, functions } of readReport(join(folder, name))) {
      if (!url.startsWith(dist)) continue;
      const counts = new Uint8Array(Math.max(...functions[0].ranges.map(({ endOffset }) => endOffset)));
      // Outer functions and ranges come first, so that the innermost has the last word.
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          counts.fill(count > 0 ? 1 : 0, startOffset, endOffset);
        }
      }
      const file = url.slice(dist.length);
      const before = ran.get(file);
      ran.set(file, before === undefined ? counts : before.map((value, offset) => value | counts[offset]));
    }
  }
  return ran;
}

function reports(folder) {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    return [];
  }
}

/** Counts statements of a source file that no test in vitest reached, but a process did. */
function addProcess(path, file, ran) {
  const missing = Object.entries(file.statementMap).filter(([id]) => file.s[id] === 0);
  if (ran === undefined || missing.length === 0) return;
  const { map, starts } = compiled(path);
  for (const [id, { start }] of missing) {
    const place = { source: map.sources[0], line: start.line, column: start.column };
    let at = generatedPositionFor(map, place);
    if (at.line === null) at = generatedPositionFor(map, { ...place, bias: LEAST_UPPER_BOUND });
    if (at.line !== null && ran[starts[at.line - 1] + at.column] === 1) file.s[id] = 1;
  }
}

/** The source map of a file of dist/, which is built without, and the offsets at which its lines start. */
function compiled(path) {
  const { compilerOptions } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config;
  const { outputText, sourceMapText } = ts.transpileModule(readFileSync(join(root, "src", path), "utf8"), {
    fileName: path,
    compilerOptions: {
      ...ts.convertCompilerOptionsFromJson(compilerOptions, root).options,
      // Alone, a file does not know that its package is one of ES modules.
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      noEmit: false,
      sourceMap: true,
    },
  });
  const text = readFileSync(join(root, "dist", path.replace(/\.ts$/, ".js")), "utf8");
  if (outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, "").trim() !== text.trim()) {
    throw new Error(`dist/ is not what src/${path} compiles to: build before measuring coverage.`);
  }
  const starts = [0];
  for (const { index } of text.matchAll(/\n/g)) starts.push(index + 1);
  return { map: new TraceMap(sourceMapText), starts };
}

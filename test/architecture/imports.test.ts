import { describe, expect, test } from "vitest";
import { hasDefaultExport, impurities, kindTests, parse, readSources, type SourceFile } from "./sources.js";

/**
 * The rooms of src/, lowest first: a file imports from its own room and from rooms above it in this list, never from
 * those below.
 */
const ROOMS = [
  "errors.ts",
  "version.ts",
  "math",
  "text",
  "search",
  "metrics",
  "data",
  "formats",
  "scoring",
  "maps",
  "graph",
  "runtime",
  "nn",
  "features",
  "train",
  "model",
  "adapt",
  "synthesis",
  "drift",
  "detectors",
  "robust",
  "explain",
  "learned",
  "evaluate",
  "incidents",
  "stream",
  "fleet",
  "report",
  "core.ts",
  "web.ts",
  "io",
  "doors",
  "index.ts",
  "cli",
];

/** Only these know that there is an operating system; the rest runs in a browser as it is. */
const PLATFORM = ["runtime/node/", "io/", "doors/io.ts", "index.ts", "cli/"];
const MOST_LINES = 500;

const sources = readSources();
const roomOf = (path: string): string | undefined =>
  ROOMS.filter((room) => path === room || path.startsWith(`${room}/`)).sort((a, b) => b.length - a.length)[0];

/** One line for every import that goes the wrong way. */
function wrongWay(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) =>
    imports
      .filter((to) => ROOMS.indexOf(roomOf(to.path)!) > ROOMS.indexOf(roomOf(path)!))
      .map((to) => `${path} imports ${to.path}`),
  );
}

const onPlatform = (path: string): boolean => PLATFORM.some((prefix) => path.startsWith(prefix));

describe("rooms of src/", () => {
  test("every file stands in a room of the list", () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.map(({ path }) => path).filter((path) => roomOf(path) === undefined)).toEqual([]);
  });

  test("imports go one way", () => {
    expect(wrongWay(sources)).toEqual([]);
  });

  test("an import that goes the other way would be seen", () => {
    const wrong = parse("math/sort.ts", 'import { Graph } from "../graph/index.js";');
    expect(wrongWay([wrong])).toEqual(["math/sort.ts imports graph/index.ts"]);
    const registry = parse("model/card.ts", 'import { detectors } from "../detectors/registry.js";');
    expect(wrongWay([registry])).toHaveLength(1);
  });

  test("what runs has no cycle of files, but for operators whose derivatives need one another", () => {
    const next = new Map(
      sources.map(({ path, imports }) => [
        path,
        imports
          .filter(
            (to) => !to.typeOnly && !(path.startsWith("graph/ops/") && to.path.startsWith("graph/ops/")),
          )
          .map((to) => to.path),
      ]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const walk = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      else if (!done.has(path)) for (const to of next.get(path) ?? []) walk(to, [...trail, path]);
      done.add(path);
    };
    for (const path of next.keys()) walk(path, []);
    expect(cycles).toEqual([]);
  });
});

describe("what files may know", () => {
  test("ONNX Runtime is known in runtime/ only", () => {
    const known = sources.filter(({ packages }) => packages.some((name) => name.startsWith("onnxruntime")));
    expect(known.map(({ path }) => path).filter((path) => !path.startsWith("runtime/"))).toEqual([]);
    expect(known.length).toBeGreaterThan(0);
  });

  test("the core has no node: import, console, clock or global randomness", () => {
    const found = sources
      .filter(({ path }) => !onPlatform(path))
      .flatMap((file) => [
        ...file.packages.filter((name) => name.startsWith("node:")).map((name) => `${file.path}: ${name}`),
        ...impurities(file).map((use) => `${file.path}: ${use}`),
      ]);
    expect(found).toEqual([]);
  });

  test.each([
    "web.ts",
    "doors/data.ts",
    "doors/synthesis.ts",
    "drift/index.ts",
    "metrics/index.ts",
    "scoring/index.ts",
  ])("%s, a door for browsers too, leads to no file of the platform", (door) => {
    const byPath = new Map(sources.map((file) => [file.path, file]));
    const reached = new Set<string>();
    const walk = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const to of byPath.get(path)!.imports) if (!to.typeOnly) walk(to.path);
    };
    walk(door);
    expect([...reached].filter(onPlatform)).toEqual([]);
    expect(reached.size).toBeGreaterThan(door === "web.ts" ? 50 : 3);
  });

  test("only features/kinds tells kinds of data apart", () => {
    const found = sources
      .filter(({ path }) => !path.startsWith("features/kinds/"))
      .flatMap((file) => kindTests(file).map((use) => `${file.path}: ${use}`));
    expect(found).toEqual([]);
    const text = 'if (data.kind === "series" || schema.kind !== kinds.images.name) "steps" in data;';
    expect(kindTests(parse("model/card.ts", text))).toHaveLength(3);
  });

  test("a clock, a console and global randomness would be seen", () => {
    const text = "console.log(Date.now(), Math.random(), new Date(), new Date(0), performance.now())";
    expect(impurities(parse("math/sort.ts", text)).sort()).toEqual(
      ["Date.now", "Math.random", "console.log", "new Date()", "performance.now"].sort(),
    );
  });
});

describe("form", () => {
  test(`no file has more than ${MOST_LINES} lines`, () => {
    expect(sources.filter(({ lines }) => lines > MOST_LINES).map(({ path }) => path)).toEqual([]);
  });

  test("names are in kebab case", () => {
    const kebab = /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/;
    expect(sources.map(({ path }) => path).filter((path) => !kebab.test(path))).toEqual([]);
  });

  test("exports have names", () => {
    expect(sources.filter(hasDefaultExport).map(({ path }) => path)).toEqual([]);
    expect(hasDefaultExport(parse("a.ts", "export default 1"))).toBe(true);
    expect(hasDefaultExport(parse("a.ts", "export default function f() {}"))).toBe(true);
  });
});

describe("rooms of src/detectors/", () => {
  /** What all families build on; every other folder is a family. */
  const SHARED = ["backbone", "fit", "maps", "networks", "turned", "windows"];
  /** Fits a detector of another family in its place, or joins what several look at, as the data ask for it. */
  const CHOOSES = "auto";
  const folder = (path: string): string | undefined => /^detectors\/([^/]+)\//.exec(path)?.[1];

  test("families know what they share, and nothing of each other; what they share knows no family", () => {
    const inside = sources.filter(({ path }) => folder(path) !== undefined);
    const crossing = inside.flatMap(({ path, imports }) =>
      imports
        .map((to) => to.path)
        .filter(
          (to) =>
            folder(to) !== undefined &&
            folder(to) !== folder(path) &&
            folder(path) !== CHOOSES &&
            !SHARED.includes(folder(to)!),
        )
        .map((to) => `${path} imports ${to}`),
    );
    expect(crossing).toEqual([]);
    expect(new Set(inside.map(({ path }) => folder(path))).size).toBeGreaterThan(5);
  });
});

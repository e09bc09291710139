/** The service's package: its rooms, and that it knows the library by its doors alone. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { hasDefaultExport, parse, readSources, type SourceFile } from "./sources.js";

const root = fileURLToPath(new URL("../../packages/server", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${root}/../../package.json`, "utf8"));
const manifest = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
const sources = readSources(`${root}/src`);

/** Lowest first: a file imports from its own room and from rooms above it in this list. */
const ROOMS = [
  "problem.ts",
  "settings.ts",
  "gatherer.ts",
  "metrics.ts",
  "store",
  "auth",
  "idempotency",
  "models",
  "webhooks",
  "incidents",
  "results",
  "scoring",
  "jobs",
  "drift",
  "azure",
  "retention.ts",
  "http",
  "service.ts",
  "index.ts",
];

const roomOf = (path: string): number =>
  ROOMS.findIndex((room) => path === room || path.startsWith(`${room}/`));

const wrongWay = (files: readonly SourceFile[]): string[] =>
  files.flatMap(({ path, imports }) =>
    imports.filter((to) => roomOf(to.path) > roomOf(path)).map((to) => `${path} imports ${to.path}`),
  );

test("every file stands in a room, and imports go one way", () => {
  expect(sources.length).toBeGreaterThan(40);
  expect(sources.filter(({ path }) => roomOf(path) < 0).map(({ path }) => path)).toEqual([]);
  expect(wrongWay(sources)).toEqual([]);
  expect(wrongWay([parse("store/tables.ts", 'import { createApp } from "../http/index.js";')])).toHaveLength(
    1,
  );
});

test("what is imported is a door of the library, or a dependency of the package", () => {
  const doors = Object.keys(exports).map((path) => path.replace(".", "hypersphere"));
  const known = [...doors, ...Object.keys(manifest.dependencies)];
  const isKnown = (name: string): boolean =>
    name.startsWith("node:") ||
    known.includes(name) ||
    (!name.startsWith("hypersphere") && known.some((one) => name.startsWith(`${one}/`)));
  const packages = sources.flatMap(({ path, packages }) => packages.map((name) => `${path} ${name}`));
  expect(packages.filter((line) => !isKnown(line.split(" ")[1]!))).toEqual([]);
  expect(packages.some((line) => line.endsWith(" hypersphere"))).toBe(true);
  // Nothing reaches the library's files another way.
  expect(sources.flatMap(({ imports }) => imports).filter((to) => to.path.startsWith(".."))).toEqual([]);
});

test("files are small, in kebab case, with named exports", () => {
  const kebab = /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/;
  expect(sources.filter(({ lines }) => lines > 300).map(({ path }) => path)).toEqual([]);
  expect(sources.map(({ path }) => path).filter((path) => !kebab.test(path))).toEqual([]);
  expect(sources.filter(hasDefaultExport).map(({ path }) => path)).toEqual([]);
});

test("the page's files are small, in kebab case, and never make HTML of text", () => {
  const folder = `${root}/page/src`;
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter((path) => /\.tsx?$/.test(path));
  expect(files.length).toBeGreaterThan(15);
  expect(files.filter((path) => !/^([a-z]+\/)?[a-z0-9]+(-[a-z0-9]+)*\.tsx?$/.test(path))).toEqual([]);
  const texts = files.map((path) => ({ path, text: readFileSync(`${folder}/${path}`, "utf8") }));
  expect(texts.filter(({ text }) => text.split("\n").length > 300).map(({ path }) => path)).toEqual([]);
  const html =
    /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|localStorage|\beval\b/;
  expect(texts.filter(({ text }) => html.test(text)).map(({ path }) => path)).toEqual([]);
});

test("the package is of the library's version", () => {
  const library = JSON.parse(readFileSync(`${root}/../../package.json`, "utf8"));
  expect(manifest.version).toBe(library.version);
  expect(manifest.peerDependencies.hypersphere).toBe(library.version);
});

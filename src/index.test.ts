/** What the doors of the package give away: a name more is a promise more. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The manifest names the built file of each door. */
const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  exports: Record<string, string | { types: string; default: string }>;
};

/** The names of a door's values, from its source. */
async function valuesOf(door: string): Promise<string[]> {
  const target = manifest.exports[door];
  if (target === undefined || typeof target === "string") throw new Error(`no such door: ${door}`);
  const source = target.default.replace(/^\.\/dist\/(.*)\.js$/, "./$1.ts");
  return Object.keys(await import(/* @vite-ignore */ source)).sort();
}

const detectorClasses = [
  "Auto",
  "Autoencoder",
  "Contrast",
  "DeepSad",
  "DeepSvdd",
  "Drocc",
  "Fcdd",
  "Hsc",
  "IsolationForest",
  "KernelSvdd",
  "Kmeans",
  "Knn",
  "MultiScale",
  "OneClassSvm",
  "PatchGaussian",
  "PatchMemory",
  "PatchSvdd",
  "Pca",
  "Transforms",
];
const core = [
  ...detectorClasses,
  "COLOUR_MAP",
  "HypersphereError",
  "Model",
  "StretchTracker",
  "ModelStream",
  "VERSION",
  "adaptModel",
  "codedMap16",
  "colourAt",
  "colourScale",
  "compare",
  "decodedMap",
  "describeNotes",
  "detectors",
  "driftMonitor",
  "driftReport",
  "drawOutlines",
  "evaluate",
  "explain",
  "fieldOf",
  "findDetector",
  "findIncidents",
  "parseExactJson",
  "planColumns",
  "imagesFrom",
  "otherOperatingPoint",
  "overlay",
  "patchMap",
  "preset",
  "presets",
  "provideBackend",
  "regionsOf",
  "repeatedKey",
  "samplesOf",
  "seriesFromTable",
  "seriesFromWindows",
  "severityOf",
  "shrunkImage",
  "streamLine",
  "streamRecord",
  "streamRow",
  "tableFromColumns",
  "tableFromMatrix",
  "tableFromRows",
  "trainRobust",
  "trainingCurves",
  "trainingPage",
  "trainingReport",
  "tune",
  "unusuallyNormal",
  "withContributions",
  "withNormalRows",
];

test("the core holds what most programs use", async () => {
  expect(await valuesOf("./core")).toEqual(core.sort());
});

test("Node's door and the browser's add files and a runtime", async () => {
  expect(await valuesOf(".")).toEqual(
    [
      ...core,
      "Fleet",
      "FleetStream",
      "MapFiles",
      "configureRuntime",
      "evaluateFleet",
      "findFleetIncidents",
      "fleetDrift",
      "gallery",
      "SharedFleetStream",
      "loadFleet",
      "loadModel",
      "open",
      "plotSeries",
      "signModel",
      "trainFleet",
      "verifyModel",
    ].sort(),
  );
  expect(await valuesOf("./web")).toEqual([...core, "open", "useWebRuntime"].sort());
});

test("every detector's class is at the door", async () => {
  const { detectors } = await import("./index.js");
  expect(detectorClasses).toHaveLength(Object.keys(detectors).length);
});

test("no name stands at two doors of one trade", async () => {
  const paths = Object.keys(manifest.exports).filter(
    (path) => ![".", "./core", "./web", "./package.json"].includes(path),
  );
  expect(paths).toHaveLength(7);
  const places = new Map<string, string[]>();
  for (const path of paths) {
    for (const name of await valuesOf(path)) places.set(name, [...(places.get(name) ?? []), path]);
  }
  const twice = [...places].filter(([, doors]) => doors.length > 1);
  expect(twice).toEqual([]);
});

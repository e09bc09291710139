/** A card that anybody may have changed: each change is refused by name, or changes no score and no decision. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Samples } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { decodeModel, withMetadata } from "../graph/index.js";
import { open } from "../index.js";
import { modelDigest, sealModel } from "./build.js";
import { METADATA, type ModelCard } from "./card.js";
import { Model } from "./model.js";

const folder = fileURLToPath(new URL("../../test/fixtures/models-0.1.0/", import.meta.url));
const models: [name: string, query: string][] = [
  ["knn", "pump-query.csv"],
  ["pca-probability", "pump-query.csv"],
  ["knn-cross-rules", "pump-query.csv"],
  ["knn-robust", "pump-query.csv"],
  ["series-auto", "machines-query.csv"],
  ["images-pca", "stripes-query.npy"],
];

type Tree = Record<string, unknown>;

/** Places in a value, at most the first and the last of a list's. What a detector recorded of its training is free. */
function places(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const keys: (string | number)[] = Array.isArray(value)
    ? [...new Set([0, value.length - 1])].filter((key) => key >= 0 && value.length > 0)
    : Object.keys(value).filter((key) => path.length > 0 || key !== "training");
  return [
    ...(path.length === 0 ? [] : [path]),
    ...keys.flatMap((key) => places((value as Tree)[key], [...path, key])),
  ];
}

const REMOVED = Symbol("removed");

function mutations(value: unknown): unknown[] {
  const common = [REMOVED, null, "NaN", {}, [], true];
  if (typeof value === "number") return [...common, 1e300, -1e300, -1, 0.5, "1", [value]];
  if (typeof value === "string") return [...common, 7, "", "x".repeat(100_000), "\u001b[31m", "__proto__"];
  if (Array.isArray(value)) return [...common, value.slice(1), [...value, value[0] ?? 1], [...value, null]];
  return [...common, 3, { constructor: 1 }];
}

function changed(card: unknown, path: readonly (string | number)[], value: unknown): string {
  const copy = structuredClone(card) as Tree;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Tree;
  const last = path.at(-1)!;
  if (value !== REMOVED) at[last] = value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
  // What JSON.parse reads as infinity.
  return JSON.stringify(copy);
}

/** As a stranger would: with a checksum that fits. */
async function sealed(bytes: Uint8Array, cardText: string): Promise<Uint8Array> {
  const { metadata } = decodeModel(bytes);
  const untrained = metadata[METADATA.untrained];
  return withMetadata(bytes, {
    ...metadata,
    [METADATA.card]: cardText,
    [METADATA.digest]: await modelDigest(bytes, cardText, untrained),
  });
}

async function refused(work: () => Promise<unknown>, what: string): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    expect(error, what).toBeInstanceOf(HypersphereError);
    const { code, message } = error as HypersphereError;
    expect(["invalid-model", "schema-mismatch"], `${what}: ${message}`).toContain(code);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(message, what).not.toMatch(/\u001b/);
    expect(message.length, what).toBeLessThan(2000);
    return true;
  }
}

describe.each(models)("%s", (name, query) => {
  const bytes = readFileSync(`${folder}${name}.onnx`);
  let model: Model;
  let samples: Samples;
  let right: Awaited<ReturnType<Model["score"]>>;

  beforeAll(async () => {
    model = await Model.fromBytes(bytes);
    samples = await open(`${folder}${query}`, { model });
    right = await model.score(samples);
  });
  afterAll(() => model.close());

  it.each(["as written by 0.1.0", "as this version writes it"])("card %s", async (which) => {
    const card = which.includes("0.1.0")
      ? JSON.parse(decodeModel(bytes).metadata[METADATA.card]!)
      : structuredClone(model.card);
    // A part for each, so that it stays quick. With strides of 1 and 5 (some minutes) the same holds.
    const stride = name === "knn" ? 3 : 11;
    let next = 0;
    let tried = 0;
    let caught = 0;
    const harmless: string[] = [];
    for (const path of places(card)) {
      const value = path.reduce((at: unknown, key) => (at as Tree)[key], card);
      for (const mutation of mutations(value)) {
        if (next++ % stride !== 0) continue;
        const text = changed(card, path, mutation);
        const what = `${path.join(".")} = ${mutation === REMOVED ? "removed" : JSON.stringify(mutation)?.slice(0, 40)}`;
        tried++;
        const file = await sealed(bytes, text);
        const read: Model[] = [];
        if (await refused(async () => read.push(await Model.fromBytes(file)), what)) {
          caught++;
          continue;
        }
        const other = read[0]!;
        const said = await refused(async () => {
          const now = await other.score(samples);
          expect(now.scores, what).toEqual(right.scores);
          expect(now.pValues, what).toEqual(right.pValues);
          expect(now.isAnomaly, what).toEqual(right.isAnomaly);
        }, what);
        await other.close();
        if (said) caught++;
        else harmless.push(what);
      }
    }
    expect(tried).toBeGreaterThan(40);
    expect(caught / tried).toBeGreaterThan(0.4);
    // What decides is never among what goes unnoticed.
    expect(harmless.filter((what) => /^(threshold\.threshold|data\.calibration) =/.test(what))).toEqual([]);
  });
});

describe("numbers that JSON cannot hold", () => {
  it("are refused", async () => {
    const bytes = readFileSync(`${folder}knn.onnx`);
    const text = decodeModel(bytes).metadata[METADATA.card]!;
    const infinite = text.replace(/"threshold":\{"threshold":[^,]+,/, '"threshold":{"threshold":1e999,');
    expect(infinite).not.toBe(text);
    await expect(Model.fromBytes(await sealed(bytes, infinite))).rejects.toMatchObject({
      code: "invalid-model",
      message: expect.stringContaining("threshold.threshold is Infinity"),
    });
    await expect(Model.fromBytes(await sealed(bytes, text.replace("{", '{"x": NaN,')))).rejects.toMatchObject(
      {
        code: "invalid-model",
      },
    );
    const deep = text.replace("{", `{"training2":${"[".repeat(100_000)}${"]".repeat(100_000)},`);
    await expect(Model.fromBytes(await sealed(bytes, deep))).rejects.toMatchObject({ code: "invalid-model" });
  });
});

describe("a graph that does not do what the card says", () => {
  it("is refused where it decides, not only where it is described", async () => {
    const bytes = readFileSync(`${folder}knn.onnx`);
    const model = await Model.fromBytes(bytes);
    const card = { ...model.card, threshold: { ...model.card.threshold, threshold: 0 } } as ModelCard;
    await expect(
      sealModel(bytes, card, undefined).then((file) => Model.fromBytes(file)),
    ).rejects.toMatchObject({
      code: "invalid-model",
      message: expect.stringContaining("threshold.threshold is 0, expected"),
    });
  });

  it.each(["card_no_schema", "card_thr_null", "model-reads-cwd-file"])("%s", async (name) => {
    const file = fileURLToPath(new URL(`../../test/fixtures/strange-models/${name}.onnx`, import.meta.url));
    await expect(Model.fromBytes(readFileSync(file))).rejects.toMatchObject({ code: "invalid-model" });
  });
});

/** Workers with a fleet: each message by its entity's model, whoever goes on, and as the fleet's own stream says. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Fleet, FleetStream, loadFleet, open, SharedFleetStream, trainFleet } from "hypersphere";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Answering, type AnsweringOptions } from "../src/answering.js";
import type { Message } from "../src/broker.js";
import { Metrics } from "../src/metrics.js";
import { ModelFile } from "../src/model-file.js";
import { ListBroker } from "./list-broker.js";

const folder = mkdtempSync(join(tmpdir(), "hypersphere-fleets-"));
const at = (name: string): string => join(folder, name);
const minute = (k: number): string => new Date(Date.UTC(2026, 0, 5) + k * 60_000).toISOString();
/** "drüben" with an umlaut of one character; messages have it of two. */
const PUMPS = ["p1", "dr\u00fcben", "p3"];
const UNKNOWN = ["__proto__", "p\u0456", "dru\u0308ben", "p9"];

const flowOf = (pump: number, k: number): string => (10 * pump + Math.sin(k / 4) + (k % 5) / 20).toFixed(4);

function csv(names: readonly string[], rows: number): string {
  const lines = Array.from({ length: rows }, (_, k) =>
    names.map((name, place) => `${name},${minute(k)},${flowOf(place, k)}`),
  );
  return `pump,time,flow\n${lines.flat().join("\n")}\n`;
}

let series: Fleet;
let messages: Message[];

beforeAll(async () => {
  writeFileSync(at("fleet.csv"), csv(PUMPS, 140));
  const cutting = { window: 4, timeColumn: "time" };
  const learn = { detector: "pca", workers: 0 };
  await trainFleet(await open(at("fleet.csv"), { perEntity: "pump", ...cutting }), {
    ...{ ...learn, out: at("series.hsz") },
  });
  await trainFleet(await open(at("fleet.csv"), { perEntity: "pump", columns: ["pump", "flow"] }), {
    ...{ ...learn, out: at("table.hsz") },
  });
  series = await loadFleet(readFileSync(at("series.hsz")));
  const names = ["p1", "p3", ...UNKNOWN];
  messages = Array.from({ length: 120 }, (_, k) => ({
    id: String(k + 1),
    body: JSON.stringify({
      asset: names[k % names.length],
      time: minute(Math.floor(k / 6)),
      flow: Number(flowOf(k % 3, k)),
    }),
  }));
});
afterAll(async () => {
  await series.close();
  rmSync(folder, { recursive: true, force: true });
});

const linesIn = (broker: ListBroker) =>
  broker.kept
    .flatMap(({ results }) => results)
    .map((line) => JSON.parse(line))
    .sort((a, b) => Number(a.message) - Number(b.message));

/** Answers in batches; after so many messages, another worker in the place of the one before. */
async function answered(
  fleet: Fleet,
  batch: number,
  perWorker: number,
  broker = new ListBroker(),
  given = messages,
  options: AnsweringOptions = { entityField: "asset" },
) {
  for (let from = 0; from < given.length; from += perWorker) {
    const stream = await SharedFleetStream.open(fleet, { maxOpen: 1 });
    const answering = new Answering(broker, stream, new Metrics(), options);
    answering.hold(new Map(Array.from({ length: 4 }, (_, p) => [p, String(from)])));
    for (let k = from; k < Math.min(from + perWorker, given.length); k += batch)
      await answering.answer(given.slice(k, Math.min(k + batch, from + perWorker)));
    await answering.settle();
  }
  return linesIn(broker);
}

test("each step is scored by its entity's model as the fleet's stream does, whoever goes on with it", async () => {
  const rows = messages.map(({ body }) => {
    const { asset: pump, ...rest } = JSON.parse(String(body));
    return { pump, ...rest };
  });
  const whole = await (await FleetStream.open(series)).push(rows);
  const lines = await answered(series, 120, 120);
  expect(lines).toHaveLength(120);
  for (const [k, { asset, score, pending, model }] of lines.entries()) {
    const answer = whole[k]!;
    expect([asset, model]).toEqual([rows[k]!.pump, answer.own ? "own" : "fallback"]);
    if (answer.kind === "scored") expect(Math.fround(score)).toBe(answer.score);
    else expect([answer.kind, pending]).toEqual(["pending", (answer as { missing?: number }).missing]);
  }
  // Names that only look like one that has a model are of the model of all, and an umlaut is an umlaut.
  const own = new Set(lines.filter(({ model }) => model === "own").map(({ asset }) => asset));
  expect(own).toEqual(new Set(["p1", "p3", "dru\u0308ben"]));
  expect(lines.filter(({ score }) => score !== undefined).length).toBeGreaterThan(80);
  expect(await answered(series, 7, 30)).toEqual(lines);
});

test("series are known by the entity column also where rows write its name otherwise", async () => {
  const lines = await answered(series, 120, 120);
  // An invisible character behind it.
  const strange = messages.map(({ id, body }) => ({ id, body: String(body).replace("asset", "pump\u200b") }));
  const scoresOf = (all: typeof lines) => all.map(({ score, pending }) => score ?? `waits for ${pending}`);
  // Workers go on with what is kept of each series.
  const broker = new ListBroker();
  expect(scoresOf(await answered(series, 7, 30, broker, strange, {}))).toEqual(scoresOf(lines));
  expect([...broker.entities.keys()].sort()).toEqual(["p1", "p3", ...UNKNOWN].sort());
  // So does the stream alone, which puts the windows of one entity aside for those of another.
  const stream = await SharedFleetStream.open(series, { maxOpen: 1 });
  const answers = [];
  for (const { body } of strange) answers.push(...(await stream.push([JSON.parse(body)])));
  expect(answers.map((answer) => (answer.kind === "scored" ? answer.score : answer.kind))).toEqual(
    lines.map(({ score }) => (score === undefined ? "pending" : Math.fround(score))),
  );
});

test("a model that cannot be read has its own messages set aside, and takes no other's windows with it", async () => {
  const lines = await answered(series, 20, 120);
  const broker = new ListBroker();
  const model = vi.spyOn(series, "model").mockImplementation(async (entity) => {
    if (entity === "p3") throw new Error("no such bytes");
    return Object.getPrototypeOf(series).model.call(series, entity);
  });
  const found = await answered(series, 20, 120, broker);
  model.mockRestore();
  expect(found).toEqual(lines.filter(({ asset }) => asset !== "p3"));
  const dead = broker.kept.flatMap(({ deadLetters }) => deadLetters.map((line) => JSON.parse(line)));
  expect(dead).toHaveLength(20);
  expect(dead[0].error.message).toMatch(/no such bytes/);
});

test("messages that name no entity, or are no text, are set aside, and say no model", async () => {
  const file = new ModelFile({ model: at("table.hsz"), partitions: 4, entityField: "unit" });
  const broker = new ListBroker();
  const answering = new Answering(broker, await file.load(), new Metrics(), { entityField: "unit" });
  answering.hold(await broker.lease());
  const bodies = [
    '{"unit":{"id":"p1"},"flow":1,"load":2}',
    '{"unit":["p1"],"flow":1}',
    '{"unit":"p1","flow":"\ufffd"}',
    "{",
  ];
  await answering.answer(
    bodies.map((body, k) => ({ id: String(k + 1), body, ...(k === 2 && { isDamaged: true }) })),
  );
  await answering.settle();
  await file.close();
  expect(linesIn(broker)).toEqual([]);
  const dead = broker.kept.flatMap(({ deadLetters }) => deadLetters.map((line) => JSON.parse(line)));
  const said = new Map(dead.map(({ message, error, ...rest }) => [message, [error.message, rest.model]]));
  expect([...said].sort()).toEqual([
    ["1", [expect.stringContaining('an object in the entity column "pump"'), undefined]],
    ["2", [expect.stringContaining('a list in the entity column "pump"'), undefined]],
    ["3", ["A row is not valid UTF-8.", undefined]],
    ["4", [expect.stringContaining("it is not JSON"), undefined]],
  ]);
});

test("a fleet of tables takes messages by their ids, and its place is taken by no model that deals them out otherwise", async () => {
  copyFileSync(at("table.hsz"), at("now.hsz"));
  const file = new ModelFile({ model: at("now.hsz"), partitions: 4, entityField: "asset" });
  const broker = new ListBroker();
  const answering = new Answering(broker, await file.load(), new Metrics(), { entityField: "asset" });
  answering.hold(await broker.lease());
  await answering.answer(messages.slice(0, 12));
  await answering.settle();
  const lines = linesIn(broker);
  expect(lines.map(({ asset, model }) => [asset, model]).slice(0, 4)).toEqual([
    ["p1", "own"],
    ["p3", "own"],
    ["__proto__", "fallback"],
    ["p\u0456", "fallback"],
  ]);
  expect(lines.every(({ score }) => typeof score === "number")).toBe(true);
  expect([...broker.entities]).toEqual([]);
  copyFileSync(at("series.hsz"), at("now.hsz"));
  await expect(file.load()).rejects.toThrow(
    /series told apart by a column, the one before it is of rows of a table/,
  );
  await file.close();
  const refusal = async (more: object) => {
    await new ModelFile({ model: at("table.hsz"), partitions: 4, ...more }).load();
  };
  await expect(refusal({ verifyKey: "key" })).rejects.toThrow(/signed models are asked for/);
  await expect(refusal({ decision: { forgetAfter: "7d" } })).rejects.toThrow(/--forget-after/);
  await expect(refusal({ openModels: 0 })).rejects.toThrow(/maxOpen is 0/);
});

/** Fleets as a whole: what training writes, what scoring reads, and what is refused. */
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataFolder } from "../../../test/data-files.js";
import type { Fleet } from "../../fleet/fleet.js";
import { partsOf } from "../../fleet/parts.js";
import {
  evaluateFleet,
  type FleetAnswer,
  FleetStream,
  findFleetIncidents,
  fleetDrift,
  loadFleet,
  loadModel,
  ModelStream,
  open,
  type StreamAnswer,
  trainFleet,
} from "../../index.js";
import { createRandom } from "../../math/random.js";
import { looksLikeFleet } from "./looks-like-fleet.js";

/** Machines that work at levels of their own; "m4" has few rows, all rows of "m5" are the same. */
function csv(rows: number, seed: string, machines = ["m1", "m2", "m3", "m4", "m5"]): string {
  const random = createRandom(seed).stream("rows");
  const lines = ["machine,cycle,a,b,kind,label"];
  for (let k = 0; k < rows; k++) {
    for (const [place, machine] of machines.entries()) {
      if (machine === "m4" && k >= 40) continue;
      const still = machine === "m5";
      const a = still ? 1 : 10 * place + random.normal();
      const kind = still || random.uniform() < 0.5 ? "slow" : place === 1 ? "odd" : "fast";
      lines.push(
        [machine, k, a.toFixed(4), (still ? 2 : a * 2 + random.normal()).toFixed(4), kind, "ok"].join(","),
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

const scoreIn = (answer: StreamAnswer) => (answer.kind === "scored" ? answer.score : answer.kind);

let folder: DataFolder;
let training: string;
let today: string;
let file: string;
let fleet: Fleet;
const opening = { perEntity: "machine", labelColumn: "label", normalLabel: "ok" };
const options = { detector: "knn", workers: 0 };

beforeAll(async () => {
  folder = await DataFolder.make();
  training = await folder.put("fleet.csv", csv(120, "training"));
  today = await folder.put("today.csv", csv(15, "today", ["m3", "m9", "m1", "m4", "m5", "m2"]));
  file = join(folder.path, "fleet.hsz");
  await trainFleet(await open(training, opening), { ...options, out: file });
  fleet = await loadFleet(file);
});
afterAll(async () => {
  await fleet.close();
  await folder.remove();
});

const entityOf = (name: string) => fleet.entities.find((entity) => entity.name === name);

describe("a fleet that was trained", () => {
  it("has a model for each entity with rows enough, and says why others have none", async () => {
    expect(fleet.entities.map(({ name, model, fallback }) => [name, model !== undefined, fallback])).toEqual([
      ["m1", true, undefined],
      ["m2", true, undefined],
      ["m3", true, undefined],
      ["m4", false, "few-rows"],
      ["m5", false, "failed"],
    ]);
    expect(entityOf("m5")?.error).toMatch(/no column in which its rows differ/);
    // Half of the machines number their rows, and the label of the training is no feature.
    const { schema } = fleet.card;
    expect(schema.kind === "table" && schema.numeric.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(await looksLikeFleet(file)).toBe(true);
    expect(await looksLikeFleet(training)).toBe(false);
    await expect(loadModel(file)).rejects.toThrow(/is a fleet/);
    expect(readdirSync(folder.path)).not.toContain("fleet.hsz.parts");
  });

  it("lets the model of all stand in for fits that take too long", async () => {
    const samples = await open(await folder.put("two.csv", csv(100, "two", ["m1", "m2"])), opening);
    // It trains for longer than a millisecond on any machine.
    const slow = { ...options, detector: "autoencoder", options: { epochs: 20 } };
    for (const workers of [0, 1]) {
      const out = join(folder.path, `hasty-${workers}.hsz`);
      const { own, failed } = await trainFleet(samples, { ...slow, workers, out, fitSeconds: 1e-3 });
      expect(own).toBe(0);
      expect(failed.map(({ name }) => name)).toEqual(["m1", "m2"]);
      expect(failed[0]!.error).toBe("It took longer than 0.001 s.");
    }
    const out = join(folder.path, "patient.hsz");
    const { own } = await trainFleet(samples, { ...options, workers: 1, out, fitSeconds: 60 });
    expect(own).toBe(2);
    await expect(trainFleet(samples, { ...options, out, fitSeconds: 0 })).rejects.toThrow(
      /fitSeconds is 0, expected a number above 0/,
    );
  });

  it("takes the same columns and levels in all models, each with a scale and a seed of its own", async () => {
    const cards = await Promise.all(["m1", "m2", "m3"].map(async (name) => (await fleet.model(name)).card));
    const schemas = cards.map(({ schema }) => (schema.kind === "table" ? schema : undefined)!);
    for (const { categorical } of schemas)
      expect(categorical[0]?.levels.toSorted()).toEqual(["fast", "odd", "slow"]);
    // "odd" is a level of all, and none of the rows of m1.
    const [first] = schemas[0]!.categorical;
    expect(first!.shares[first!.levels.indexOf("odd")]).toBe(0);
    expect(new Set(schemas.map(({ numeric }) => numeric[0]!.center)).size).toBe(3);
    expect(new Set(cards.map((card) => card.options["seed"])).size).toBe(3);
  });

  it("scores each row as its entity's own model does by itself, to the last bit", async () => {
    const samples = await open(today, { model: fleet, ...opening });
    const all = await fleet.score(samples);
    for (const part of partsOf(samples)) {
      const name = part.name!;
      const model = await fleet.model(name);
      const alone = await model.score(part.samples());
      const own = ["m1", "m2", "m3"].includes(name);
      expect(model === fleet.fallback).toBe(!own);
      part.rows.forEach((row, k) => {
        expect(all.scores[row]).toBe(alone.scores[k]);
        expect(all.pValues[row]).toBe(alone.pValues[k]);
        expect(all.isAnomaly[row]).toBe(alone.isAnomaly[k]);
        expect(all.thresholds[row]).toBe(alone.threshold);
        expect(all.own[row]).toBe(own ? 1 : 0);
      });
    }
    expect(all.ownEntities).toBe(3);
    expect(all.fallbackEntities.toSorted()).toEqual(["m4", "m5", "m9"]);
    expect(all.unseenEntities).toEqual(["m9"]);
  });

  it("scores a table as the file of a single model does", async () => {
    const one = await folder.put("one.csv", csv(20, "one", ["m2"]));
    const model = await fleet.model("m2");
    const alone = await model.score(await open(one, { model, exclude: ["machine", "label"] }));
    const scored = await fleet.score(await open(one, { model: fleet, ...opening }));
    expect([...scored.scores]).toEqual([...alone.scores]);
  });

  it("knows an entity and its column by what their names look like", async () => {
    const row = { a: 1, b: 2, kind: "slow" };
    const stream = await FleetStream.open(fleet);
    const [plain] = await stream.push([{ machine: "m1", ...row }]);
    const odd = ["m1\u200b", " m1", "m1"].map((name, k) => ({
      [k < 2 ? "machine" : "\ufeffmachine"]: name,
      ...row,
    }));
    for (const answer of await stream.push(odd)) expect(answer).toEqual(plain);
    expect(plain).toMatchObject({ kind: "scored", own: true });
    expect(stream.state().streams.map(({ entity }) => entity)).toEqual([null, "m1"]);
    expect(await fleet.model("m1\u2060")).toBe(await fleet.model("m1"));
  });

  it("keeps no more models open than it was told", async () => {
    await using small = await loadFleet(file, { maxOpen: 2 });
    for (const name of ["m1", "m2", "m3", "m1", "m4"]) {
      await small.model(name);
      expect(small.openModels).toBeLessThanOrEqual(2);
    }
    expect(small.openModels).toBe(2);
    const again = await small.model("m1");
    expect(await small.model("m1")).toBe(again);
    await small.model("m2");
    await small.model("m3");
    expect(await small.model("m1")).not.toBe(again);
  });

  it("is scored in a process of its own where it is not trusted", async () => {
    await using guarded = await loadFleet(file, { trusted: false, limits: { seconds: 20 } });
    const samples = await open(today, { model: guarded, ...opening });
    expect([...(await guarded.score(samples)).scores]).toEqual([...(await fleet.score(samples)).scores]);
    expect((await guarded.model("m1")).ownBackend).toBeDefined();
  });
});

describe("a training", () => {
  it("that was stopped goes on with what is done, and ends in the same bytes", async () => {
    const out = join(folder.path, "stopped.hsz");
    const stop = new AbortController();
    const samples = await open(training, opening);
    const stopped = trainFleet(samples, {
      ...{ ...options, out, signal: stop.signal },
      onProgress: ({ done }) => done === 2 && stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({
      code: "aborted",
      hint: expect.stringContaining("stopped.hsz.parts"),
    });
    expect(readdirSync(folder.path)).not.toContain("stopped.hsz");
    await expect(trainFleet(samples, { ...options, out, minRows: 50 })).rejects.toThrow(
      /other data or other options/,
    );
    const report = await trainFleet(samples, { ...options, out });
    expect(report.resumed).toBe(2);
    expect(report.failed.map(({ name }) => name)).toEqual(["m5"]);
    expect((await readFile(out)).equals(await readFile(file))).toBe(true);
    expect(readdirSync(folder.path)).not.toContain("stopped.hsz.parts");
  });

  it("gives an entity the same model whatever other entities there are, where the columns are the same", async () => {
    const lines = csv(120, "training").split("\n");
    const fewer = await folder.put("fewer.csv", lines.filter((line) => !/^m[35]/.test(line)).join("\n"));
    const out = join(folder.path, "fewer.hsz");
    await trainFleet(await open(fewer, opening), { ...options, out });
    await using other = await loadFleet(out);
    expect((await other.model("m2")).toBytes()).toEqual((await fleet.model("m2")).toBytes());
  });

  it("refuses what it cannot use", async () => {
    const samples = await open(training, opening);
    const out = join(folder.path, "none.hsz");
    const plain = await open(training, { labelColumn: "label", normalLabel: "ok" });
    await expect(trainFleet(plain, { ...options, out })).rejects.toThrow(/nothing says which entity/);
    await expect(trainFleet(samples, { ...options, out: file })).rejects.toMatchObject({
      code: "file-exists",
    });
    await expect(trainFleet(samples, { ...options, out, minRows: 3 })).rejects.toThrow(/minRows is 3/);
    await expect(trainFleet(samples, { ...options, out, detector: "nothing" })).rejects.toThrow(
      /no detector/,
    );
    await expect(open(training, { ...opening, perEntity: "none" })).rejects.toThrow(/none/);
    expect(readdirSync(folder.path).filter((name) => name.startsWith("none"))).toEqual([]);
  });
});

describe("rows that come one after the other", () => {
  const records = (path: string) =>
    readFile(path, "utf8").then((text) => {
      const [head, ...lines] = text
        .trim()
        .split("\n")
        .map((line) => line.split(","));
      return lines.map((cells) => {
        const entries = cells.map((cell, k) => [head![k]!, Number.isNaN(Number(cell)) ? cell : Number(cell)]);
        return Object.fromEntries(entries) as Record<string, string | number>;
      });
    });
  const scoreOf = (answer: FleetAnswer) => (answer.kind === "scored" ? answer.score : Number.NaN);

  it("have the scores of the whole, however they are divided, with two models open at most", async () => {
    const rows = await records(today);
    const { scores, own } = await fleet.score(await open(today, { model: fleet, ...opening }));
    const answers: FleetAnswer[] = [];
    let state: unknown;
    for (let from = 0; from < rows.length; from += 11) {
      const stream = await FleetStream.open(fleet, { maxOpen: 2, ...(from > 0 && { state }) });
      answers.push(...(await stream.push(rows.slice(from, from + 11))));
      expect(stream.openStreams).toBeLessThanOrEqual(2);
      state = JSON.parse(JSON.stringify(stream.state()));
    }
    expect(Float32Array.from(answers, scoreOf)).toEqual(scores);
    expect(answers.map((answer) => answer.own)).toEqual(Array.from(own, (flag) => flag === 1));
    await expect(
      FleetStream.open(fleet, { state: { ...(state as object), fleet: "other" } }),
    ).rejects.toThrow(/another/);
    await expect(FleetStream.open(fleet, { mergeGap: 3 })).rejects.toThrow(/mergeGap/);
  });

  it("without an entity that is known are scored by the model of all, and refused where they are no rows", async () => {
    const stream = await FleetStream.open(fleet, { fdr: { procedure: "saffron", alpha: 0.2 } });
    const [row] = await records(today);
    const { machine: _, ...rest } = row!;
    const named = (machine: unknown) => ({ ...row, machine });
    const given = [rest, 7, row, named({ id: "m1" }), named(["m1"]), named(null), named(5), named(true)];
    const answers = await stream.push(given);
    expect(answers.map(({ kind, own }) => [kind, own])).toEqual([
      ["scored", false],
      ["refused", undefined],
      ["scored", true],
      ["refused", undefined],
      ["refused", undefined],
      ...Array(3).fill(["scored", false]),
    ]);
    expect(answers[2]).toHaveProperty("level");
    expect(answers[3]).toHaveProperty(
      "error.message",
      'A row has an object in the entity column "machine", expected a text or a number.',
    );
    expect(answers[4]).toHaveProperty("error.message", expect.stringContaining("a list in the entity"));
    expect(stream.rows).toBe(given.length);
  });

  it("of one machine that changed raise an alarm of that machine alone", async () => {
    const rows = await records(await folder.put("later.csv", csv(60, "later", ["m1", "m2"])));
    const changed = rows.map((row) => (row["machine"] === "m2" ? { ...row, a: Number(row["a"]) + 6 } : row));
    const stream = await FleetStream.open(fleet, { driftDelta: 0.05 });
    await stream.push(changed);
    expect(stream.drifted.map(({ entity }) => entity)).toEqual(["m2"]);

    const path = await folder.put("changed.csv", csvOf(changed));
    const samples = await open(path, { model: fleet, ...opening });
    const report = await fleetDrift(fleet, samples, { delta: 0.05 });
    expect(report.drifted).toEqual(["m2"]);
    const { martingale } = report.entities.find(({ entity }) => entity === "m2")!.report;
    expect(martingale.at).toBe(stream.drifted[0]!.at);
    expect(changed[martingale.row! - 1]!["machine"]).toBe("m2");
    const calm = await open(await folder.put("calm.csv", csv(10, "calm", ["m1"])), {
      model: fleet,
      ...opening,
    });
    const again = await fleetDrift(fleet, calm, { state: JSON.parse(JSON.stringify(report.state)) });
    expect([again.drift, again.drifted]).toEqual([true, ["m2"]]);
    await expect(fleetDrift(fleet, calm, { state: report.state, delta: 0.1 })).rejects.toThrow(
      /begun with 0.05/,
    );
  });

  it("of machines called like parts of objects are watched as others are, and remembered", async () => {
    const names = ["__proto__", "constructor", "toString"];
    const out = join(folder.path, "names.hsz");
    const path = await folder.put("names.csv", csv(60, "training", names));
    await trainFleet(await open(path, opening), { ...options, minRows: 60, out });
    const named = await loadFleet(out);
    const moved = (await records(await folder.put("moved.csv", csv(60, "later", names)))).map((row) =>
      row["machine"] === "constructor" ? row : { ...row, a: Number(row["a"]) + 6 },
    );
    const samples = await open(await folder.put("moved.csv", csvOf(moved)), { model: named, ...opening });
    const { drifted, state } = await fleetDrift(named, samples, { delta: 0.05 });
    expect(drifted).toEqual(["__proto__", "toString"]);
    const still = moved.filter((row) => row["machine"] === "constructor").slice(0, 10);
    const calm = await open(await folder.put("still.csv", csvOf(still)), { model: named, ...opening });
    const again = await fleetDrift(named, calm, { state: JSON.parse(JSON.stringify(state)) });
    expect(again.drifted).toEqual(["__proto__", "toString"]);
    await named.close();
  });

  const csvOf = (rows: readonly Record<string, string | number>[]): string =>
    [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))]
      .map((cells) => cells.join(","))
      .join("\n");
});

it("labelled rows are measured together and entity by entity", async () => {
  const lines = csv(30, "labelled", ["m1", "m2"]).trim().split("\n");
  const odd = lines.map((line, k) => {
    if (k === 0 || k % 15 > 1) return line;
    const [machine, cycle, a, , kind] = line.split(",");
    return [machine, cycle, a, 500, kind, "broken"].join(",");
  });
  const samples = await open(await folder.put("labelled.csv", odd.join("\n")), { model: fleet, ...opening });
  const { ranking, decision, entities, counts } = await evaluateFleet(fleet, samples);
  expect([counts.normals, counts.anomalies]).toEqual([52, 8]);
  expect(ranking!.auroc).toBe(1);
  expect(
    entities.map(({ entity, own, auroc, found, anomalies }) => [entity, own, auroc, found === anomalies]),
  ).toEqual([
    ["m1", true, 1, true],
    ["m2", true, 1, true],
  ]);
  const flagged = entities.reduce((sum, { found, falseAlarms }) => sum + found + falseAlarms, 0);
  expect(decision.truePositives + decision.falsePositives).toBe(flagged);
});

describe("series", () => {
  it("are windows of one machine each, and their steps score as by the machine's own model", async () => {
    const random = createRandom("series").stream("rows");
    const lines = ["time,pump,flow"];
    for (let k = 0; k < 300; k++)
      for (const [place, pump] of ["p1", "p2"].entries())
        lines.push(`${k},${pump},${(Math.sin((k * (1 + place)) / 4) + 0.1 * random.normal()).toFixed(4)}`);
    const path = await folder.put("pumps.csv", `${lines.join("\n")}\n`);
    const cutting = { perEntity: "pump", timeColumn: "time", window: 6 };
    const out = join(folder.path, "pumps.hsz");
    await trainFleet(await open(path, cutting), { detector: "pca", workers: 0, out });
    await using pumps = await loadFleet(out);
    const samples = await open(path, { model: pumps });
    expect(samples.rows).toBe("time-steps");
    const { scores, own } = await pumps.score(samples);
    expect(own.every((flag) => flag === 1)).toBe(true);
    for (const [place, pump] of ["p1", "p2"].entries()) {
      const one = lines.filter((line, k) => k === 0 || line.includes(`,${pump},`)).join("\n");
      const model = await pumps.model(pump);
      const alone = await model.score(await open(await folder.put(`${pump}.csv`, one), { model }));
      expect(Float32Array.from(alone.scores.keys(), (k) => scores[2 * k + place]!)).toEqual(alone.scores);
    }

    // A pump that stands still for a while: found on its rows, by its model.
    const still = lines.map((line, k) =>
      line.includes(",p2,") && k > 200 && k < 260 ? line.replace(/[^,]+$/, "4") : line,
    );
    const later = await open(await folder.put("still.csv", still.join("\n")), { model: pumps });
    const { incidents, flagged } = await findFleetIncidents(pumps, later, { rule: "false-alarms 2%" });
    const longest = incidents.toSorted((a, b) => b.incident.steps - a.incident.steps)[0]!;
    expect([longest.entity, longest.own]).toEqual(["p2", true]);
    expect(longest.incident.fromRow % 2).toBe(1);
    expect(longest.incident.fromRow).toBeGreaterThan(180);
    expect(longest.incident.toRow).toBeLessThan(280);
    expect(flagged).toBeGreaterThanOrEqual(longest.incident.flagged);

    const stream = await FleetStream.open(pumps);
    const [, ...cells] = lines.slice(0, 41).map((line) => line.split(","));
    const steps = cells.map(([time, pump, flow]) => ({ time: Number(time), pump, flow: Number(flow) }));
    const answers = await stream.push(steps);
    expect(answers.filter(({ kind }) => kind === "pending")).toHaveLength(10);
    const alone = await ModelStream.open(await pumps.model("p2"));
    const own2 = await alone.push(steps.filter(({ pump }) => pump === "p2"));
    expect(answers.filter((_, k) => k % 2 === 1).map(scoreIn)).toEqual(own2.map(scoreIn));
  });
});

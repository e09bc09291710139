/** The folder of models that a service begins with. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Knn, Model, Pca, tableFromRows } from "hypersphere";
import { sql } from "kysely";
import { pino } from "pino";
import { beforeAll, expect, test, vi } from "vitest";
import { startService } from "../src/index.js";
import { ActiveModels, importFolder } from "../src/models/index.js";
import { openStore } from "../src/store/index.js";
import { dataFolder, emptyFolder } from "./support/start.js";

const log = pino({ level: "silent" });
const rows = Array.from({ length: 200 }, (_, k) => ({ flow: (k * 0.618) % 1, load: (k * 0.414) % 1 }));
let [first, second]: [Model, Model] = [] as never;
beforeAll(async () => {
  first = await new Pca().fit(tableFromRows(rows));
  second = await new Knn().fit(tableFromRows(rows));
});

async function folderWith(models: Readonly<Record<string, Model>>): Promise<string> {
  const folder = join(emptyFolder(), "models");
  mkdirSync(folder);
  for (const [name, model] of Object.entries(models)) await model.save(join(folder, `${name}.onnx`));
  return folder;
}

async function imports(models: string, data: string, to = log) {
  const service = await startService({ models, data, log: to });
  await service.close();
  return service.imported;
}

test("a file is a version once, a changed one another, and one that is back the version it was", async () => {
  const [folder, data] = [await folderWith({ plant: first, pump: first }), await dataFolder()];
  const [plant, pump] = [{ name: "plant" }, { name: "pump", version: 1, active: true }];
  expect(await imports(folder, data)).toEqual([
    { ...plant, version: 1, active: true, added: true },
    { ...pump, added: true },
  ]);
  await second.save(join(folder, "plant.onnx"), { force: true });
  const opened = vi.spyOn(Model, "fromBytes");
  expect(await imports(folder, data)).toEqual([
    { ...plant, version: 2, active: true, added: true },
    { ...pump, added: false },
  ]);
  expect(opened).toHaveBeenCalledOnce();
  opened.mockRestore();
  await first.save(join(folder, "plant.onnx"), { force: true });
  const lines: string[] = [];
  const warnings = pino({ level: "warn" }, { write: (line: string) => lines.push(line) });
  const again = await imports(folder, data, warnings);
  expect(again[0]).toEqual({ ...plant, version: 1, active: false, added: false });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { ...{ model: "plant", version: 1 }, msg: expect.stringContaining("does not answer") },
  ]);
});

test("of a folder with a damaged file nothing is taken, and the next start gives the first key", async () => {
  const [folder, data] = [await folderWith({ plant: first }), await dataFolder()];
  const damaged = join(folder, "pump.onnx");
  writeFileSync(damaged, first.toBytes().slice(0, -50));
  await expect(startService({ models: folder, data, log })).rejects.toThrow(/^pump\.onnx: /);
  copyFileSync(join(folder, "plant.onnx"), damaged);
  const service = await startService({ models: folder, data, log });
  expect(service.imported.map(({ name, added }) => [name, added])).toEqual([
    ["plant", true],
    ["pump", true],
  ]);
  expect(service.firstKey).toMatch(/^hs_/);
  await service.close();
});

test("lists of versions that an earlier service stored show what their cards say", async () => {
  const [folder, data] = [await folderWith({ plant: first }), await dataFolder()];
  await imports(folder, data);
  const store = await openStore({ folder: data });
  await sql`alter table model_versions drop column facts`.execute(store.db);
  await sql`delete from kysely_migration where name >= '0011'`.execute(store.db);
  await store.close();
  const service = await startService({ models: folder, data, log });
  await service.close();
  const migrated = await openStore({ folder: data });
  const { facts } = await migrated.db.selectFrom("model_versions").select("facts").executeTakeFirstOrThrow();
  const { detector, schema, threshold } = first.card;
  expect(JSON.parse(facts)).toEqual({
    ...{ detector, kind: schema.kind, threshold: threshold.threshold },
    expectedFalseAlarmRate: threshold.expectedFalseAlarmRate,
  });
  await migrated.close();
});

test("what answers is looked up in as many queries for three models as for one", async () => {
  const { db, close } = await openStore({ folder: await dataFolder() });
  let queries = 0;
  const counting = db.withPlugin({
    transformQuery: ({ node }) => {
      queries++;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  const active = new ActiveModels(counting);
  const counted = async (models: Readonly<Record<string, Model>>) => {
    await importFolder(db, await folderWith(models));
    queries = 0;
    return { all: await active.all(), queries };
  };
  const one = await counted({ plant: first });
  const three = await counted({ plant: second, pump: first, tank: first });
  expect(three.queries).toBe(one.queries);
  expect(three.all.map(({ model, active }) => [model.name, active?.version.version])).toEqual([
    ["plant", 2],
    ["pump", 1],
    ["tank", 1],
  ]);
  for (const { model, active: found } of three.all) expect(await active.find(model.name)).toEqual(found);
  await close();
});

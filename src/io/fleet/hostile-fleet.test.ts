/** Files of fleets that were made to harm: what is in them, and what their index and directory claim. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataFolder } from "../../../test/data-files.js";
import { fleetAt } from "../../cli/files/fleet-file.js";
import { VERIFY_KEY } from "../../cli/files/model-file.js";
import type { Fleet } from "../../fleet/fleet.js";
import { loadFleet, open, trainFleet } from "../../index.js";

/** A line for each of three machines. */
const lines = Array.from({ length: 120 }, (_, k) =>
  [0, 1, 2].map((m) => `m${m + 1},${10 * m + ((k * 7) % 13)},${(k * 5) % 11}`),
).flat();

let folder: DataFolder;
let training: string;
let file: string;
let fleet: Fleet;

beforeAll(async () => {
  folder = await DataFolder.make();
  training = await folder.put("fleet.csv", `machine,a,b\n${lines.join("\n")}\n`);
  file = join(folder.path, "fleet.hsz");
  await trainFleet(await open(training, { perEntity: "machine" }), {
    detector: "knn",
    workers: 0,
    out: file,
  });
  fleet = await loadFleet(file);
});
afterAll(async () => {
  await fleet.close();
  await folder.remove();
});

describe("a file that was made to harm", () => {
  it("is not read at all where signatures are asked for, since fleets have none", async () => {
    const before = process.env[VERIFY_KEY];
    process.env[VERIFY_KEY] = "key.pem";
    try {
      await expect(fleetAt(file)).rejects.toMatchObject({ code: "invalid-model" });
      expect(await fleetAt(training)).toBeUndefined();
    } finally {
      if (before === undefined) delete process.env[VERIFY_KEY];
      else process.env[VERIFY_KEY] = before;
    }
  });

  /** The fleet with other entries; CRCs and sizes are those of the entries, as an attacker would have them. */
  async function remade(change: (entries: Record<string, Uint8Array>) => void): Promise<string> {
    const entries = unzipSync(await readFile(file));
    change(entries);
    const path = join(folder.path, "hostile.hsz");
    await writeFile(path, zipSync(entries, { level: 0 }));
    return path;
  }
  const withIndex = (change: (index: Record<string, never>) => void) =>
    remade((entries) => {
      const index = JSON.parse(new TextDecoder().decode(entries["fleet.json"]));
      change(index);
      entries["fleet.json"] = new TextEncoder().encode(JSON.stringify(index));
    });
  const entity = (index: Record<string, unknown>, k: number) =>
    (index["entities"] as { name: string; model?: { entry: string; sha256: string; bytes: number } }[])[k]!;

  it.each<[string, (index: Record<string, never>) => void, RegExp]>([
    [
      "names that lead out of the archive",
      (index) => (entity(index, 0).model!.entry = "../m.onnx"),
      /none of a fleet/,
    ],
    ["two entities of one name", (index) => (entity(index, 1).name = "m1"), /second time/],
    [
      "two entities of one model",
      (index) => (entity(index, 1).model = entity(index, 0).model!),
      /named twice/,
    ],
    ["other sizes", (index) => entity(index, 0).model!.bytes--, /bytes where its index says/],
    ["a missing entry", (index) => (entity(index, 0).model!.entry = "models/999999.onnx"), /not there/],
    ["a window beyond all lengths", (index) => (index["schema"] = { kind: "series" } as never), /schema/],
    ["a later format", (index) => (index["format"] = 9 as never), /later version/],
  ])("is refused for an index with %s", async (_, change, message) => {
    const refused = loadFleet(await withIndex(change));
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ code: "invalid-model" });
  });

  it("is refused for a model other than the one of its index, when that is asked for", async () => {
    const swapped = await remade((entries) => {
      const model = entries["models/000001.onnx"]!;
      model[model.length - 9]! ^= 1;
    });
    await using opened = await loadFleet(swapped);
    await expect(opened.model("m1")).rejects.toThrow(/SHA-256 differs/);
    expect((await opened.model("m2")).card.detector).toBe("knn");
  });

  it("is refused for entries besides those of its index, and without an index", async () => {
    await expect(loadFleet(await remade((entries) => (entries["more"] = new Uint8Array(1))))).rejects.toThrow(
      /"more" is not named/,
    );
    await expect(loadFleet(await remade((entries) => delete entries["fleet.json"]))).rejects.toThrow(
      /no entry fleet/,
    );
  });

  /** Places of the directory's entries. */
  function directory(bytes: Buffer): number[] {
    const places: number[] = [];
    for (let at = bytes.indexOf("PK\x01\x02"); at !== -1; at = bytes.indexOf("PK\x01\x02", at + 4))
      places.push(at);
    return places.filter((at) => bytes.readUInt16LE(at + 28) < 100 && bytes.readUInt16LE(at + 32) === 0);
  }

  it("is refused for entries that overlap, doubled names and sizes that cannot be", async () => {
    const bytes = await readFile(file);
    const places = directory(bytes);
    expect(places).toHaveLength(5);
    const path = join(folder.path, "hostile.hsz");
    const refuses = async (change: (copy: Buffer) => void, message: RegExp): Promise<void> => {
      const copy = Buffer.from(bytes);
      change(copy);
      await writeFile(path, copy);
      await expect(loadFleet(path)).rejects.toThrow(message);
    };
    await refuses(
      (copy) => copy.writeUInt32LE(copy.readUInt32LE(places[1]! + 42), places[2]! + 42),
      /overlap/,
    );
    await refuses(
      (copy) => copy.copy(copy, places[3]! + 46, places[2]! + 46, places[2]! + 64),
      /two entries/,
    );
    // fleet.json claims to unpack to four gigabytes.
    await refuses((copy) => copy.writeUInt32LE(0xfffffff0, places[0]! + 24), /cannot hold|are unpacked/);
    await refuses((copy) => copy.fill(0, copy.length - 22), /directory/);
    await writeFile(path, bytes.subarray(0, 5000));
    await expect(loadFleet(path)).rejects.toMatchObject({ code: "invalid-model" });
  });

  it("is refused for a model that unpacks to more than the limit", async () => {
    const index = JSON.stringify(fleet.index).length;
    await expect(loadFleet(file, { maxUnpacked: 2 * index })).rejects.toThrow(
      /fallback.onnx: .* are unpacked/,
    );
    await expect(loadFleet(file, { maxUnpacked: 100 })).rejects.toThrow(/fleet.json: .* are unpacked/);
  });
});

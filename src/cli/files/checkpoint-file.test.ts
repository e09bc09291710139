import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CheckpointFile } from "./checkpoint-file.js";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hypersphere-checkpoint-"));
  path = join(folder, "run.ckpt");
});
afterEach(() => rmSync(folder, { recursive: true }));

const state = (value: number) => ({
  json: { identity: "é", epoch: value },
  vectors: {
    a: Float32Array.of(value, -0, 1e-45, Number.NaN),
    empty: new Float32Array(),
    b: new Float32Array(5),
  },
});

test("what was saved is read back, bit by bit, whoever saves at the same time", async () => {
  const file = await CheckpointFile.open(path);
  expect(file.resumed).toBe(false);
  await Promise.all([1, 2, 3].map((k) => file.save(`member-${k}`, state(k))));
  await file.save("member-1", state(9));
  await file.flush();
  const again = await CheckpointFile.open(path);
  expect(again.resumed).toBe(true);
  expect(await again.load("member-1")).toEqual(state(9));
  expect(await again.load("member-3")).toEqual(state(3));
  expect(await again.load("member-4")).toBeUndefined();
  expect(readdirSync(folder)).toEqual(["run.ckpt"]);
  await again.remove();
  expect(readdirSync(folder)).toEqual([]);
});

test("any changed or missing byte is noticed", async () => {
  const file = await CheckpointFile.open(path);
  await file.save("member-1", state(1));
  await file.flush();
  const bytes = readFileSync(path);
  for (let k = 0; k < bytes.length; k++) {
    const changed = Buffer.from(bytes);
    changed[k] = changed[k]! ^ 4;
    writeFileSync(path, k % 2 === 0 ? changed : bytes.subarray(0, k));
    await expect(CheckpointFile.open(path)).rejects.toMatchObject({ code: "unreadable-data" });
  }
});

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { lockFolder } from "../src/store/folder-lock.js";

const folder = mkdtempSync(join(tmpdir(), "hypersphere-lock-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a folder belongs to one process that lives; of one that was killed it is taken over", async () => {
  // The process that started this one lives as long.
  writeFileSync(join(folder, "lock"), String(process.ppid));
  await expect(lockFolder(folder)).rejects.toMatchObject({ kind: "conflict" });
  writeFileSync(join(folder, "lock"), "4194303");
  const unlock = await lockFolder(folder);
  expect(readdirSync(folder)).toEqual(["lock"]);
  await unlock();
  expect(readdirSync(folder)).toEqual([]);
});

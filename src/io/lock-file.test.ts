import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFile } from "./lock-file.js";
import { temporaryMark } from "./write-file.js";

let folder: string;
let path: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hypersphere-lock-"));
  path = join(folder, "trials.jsonl");
  lock = join(folder, ".trials.jsonl.lock");
});
afterEach(() => rm(folder, { recursive: true }));

/** A mark as this machine's process of that number makes it. */
const markOf = (pid: number): string => temporaryMark().replace(/-\d+-/, `-${pid}-`);
const inUse = {
  code: "io",
  message: expect.stringMatching(/trials.jsonl is in use by another run, process \d+/),
};

describe("lockFile", () => {
  it("keeps a file for one at a time, by whatever name, and leaves nothing", async () => {
    await writeFile(path, "x");
    await symlink(path, join(folder, "link.jsonl"));
    const unlock = await lockFile(path);
    await expect(lockFile(path)).rejects.toMatchObject(inUse);
    await expect(lockFile(join(folder, "link.jsonl"))).rejects.toMatchObject({ code: "io" });
    const other = await lockFile(join(folder, "other.jsonl"));
    await Promise.all([unlock(), other()]);
    await (await lockFile(path))();
    expect((await readdir(folder)).sort()).toEqual(["link.jsonl", "trials.jsonl"]);
  });

  it("takes over what a process left that has ended, and what had this one's number", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    for (const mark of [markOf(pid), markOf(process.pid)]) {
      await writeFile(lock, mark);
      const unlock = await lockFile(path);
      expect(await readFile(lock, "utf8")).not.toBe(mark);
      await unlock();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it("leaves the lock of a process that runs, and that of another machine for a day", async () => {
    await writeFile(lock, markOf(process.ppid));
    await expect(lockFile(path)).rejects.toMatchObject(inUse);
    await writeFile(lock, markOf(1).replace(/^[0-9a-f]{8}/, "00000000"));
    await expect(lockFile(path)).rejects.toMatchObject(inUse);
    const old = new Date(Date.now() - 2 * 86_400_000);
    await utimes(lock, old, old);
    await (await lockFile(path))();
    // Nobody knows what this is.
    await writeFile(lock, "mine\n");
    await expect(lockFile(path)).rejects.toMatchObject({ code: "io", hint: expect.stringContaining(lock) });
    expect(await readFile(lock, "utf8")).toBe("mine\n");
  });

  it("goes to one of many that find a lock left behind", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    await writeFile(lock, markOf(pid));
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockFile(path)));
    const got = all.filter(({ status }) => status === "fulfilled");
    expect(got).toHaveLength(1);
    expect((await readdir(folder)).filter((name) => !name.endsWith(".lock"))).toEqual([]);
  });

  it("locks files of long names one by one", async () => {
    const long = join(folder, `${"x".repeat(240)}a.jsonl`);
    const unlock = await lockFile(long);
    await (await lockFile(long.replace("a.jsonl", "b.jsonl")))();
    await expect(lockFile(long)).rejects.toMatchObject({ code: "io" });
    await unlock();
  });
});

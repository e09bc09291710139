import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCsvWriter } from "./csv-write.js";
import { firstBytes } from "./first-bytes.js";
import { readTable } from "./readers.js";
import { checkWritable, writeFileAtomic } from "./write-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hypersphere-"));
});
afterEach(() => rm(folder, { recursive: true }));

const asRoot = process.getuid?.() === 0;

describe("readTable on files", () => {
  it.skipIf(process.platform === "win32")(
    "reads a named pipe that was asked for its first bytes",
    async () => {
      const pipe = join(folder, "pipe.csv");
      spawnSync("mkfifo", [pipe]);
      const writer = spawn("sh", ["-c", 'printf "a\\n1\\n2\\n" > "$0"', pipe]);
      try {
        expect(await firstBytes(pipe, 4)).toEqual(new Uint8Array());
        expect((await readTable(pipe)).rowCount).toBe(2);
      } finally {
        writer.kill();
      }
    },
  );

  it.each([
    ["page.csv", "\n<!DOCTYPE html>\n<p>Not found\n", /is a page \(HTML or XML\)/],
    ["report.txt", '<?xml version="1.0"?>\n<a>\n', /is a page/],
    ["big.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", /is a Git LFS pointer/],
    ["hollow.jsonl", "{}\n{}\n", /hollow.jsonl has rows, but none of them has a value/],
    ["twice.jsonl", '{"a":1,"b":2}\n{"a":1,"b":2,"a":3}\n', /line 2 has the key "a" more than once/],
  ])("refuses what is no table: %s", async (name, text, message) => {
    await writeFile(join(folder, name), text);
    await expect(readTable(join(folder, name))).rejects.toThrow(message);
  });

  it("proposes similar names for a file that is not there", async () => {
    await writeFile(join(folder, "sensors.csv"), "a\n1\n");
    await expect(readTable(join(folder, "sensor.csv"))).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("there is no such file"),
      hint: `Did you mean ${folder}/sensors.csv?`,
    });
    await expect(readTable(join(folder, "sensors.csv.gz"))).rejects.toMatchObject({
      hint: `Did you mean ${folder}/sensors.csv?`,
    });
    await expect(readTable(join(folder, "no", "x.csv"))).rejects.toMatchObject({
      hint: expect.stringContaining("does not exist either"),
    });
  });

  it("says where a link leads that leads nowhere, and of a circle that it is one", async () => {
    await symlink("gone.csv", join(folder, "sensors.csv"));
    await expect(readTable(join(folder, "sensors.csv"))).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("it is a link to gone.csv, which is not there"),
      hint: "Mend the link, or name the file itself.",
    });
    await symlink("loop.csv", join(folder, "loop.csv"));
    await expect(readTable(join(folder, "loop.csv"))).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("a link that leads back to itself"),
    });
  });

  it("refuses folders, files it may not read, and other formats", async () => {
    await expect(readTable(folder)).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("folder"),
    });
    const path = join(folder, "x.csv");
    await writeFile(path, "a\n1\n");
    if (!asRoot) {
      await chmod(path, 0);
      await expect(readTable(path)).rejects.toThrow("permission was denied");
      await chmod(path, 0o600);
    }
    await writeFile(path, "ARROW1\0\0");
    await expect(readTable(path)).rejects.toThrow("is an Arrow (Feather) file");
    await writeFile(path, "");
    await expect(readTable(path)).rejects.toMatchObject({ code: "unreadable-data" });
    await expect(readTable(path, { format: "excel" as never })).rejects.toMatchObject({
      code: "invalid-option",
    });
  });

  it("tells a gzip file that was cut off, or damaged", async () => {
    const path = join(folder, "x.csv.gz");
    const rows = Array.from({ length: 20000 }, (_, i) => `${i},${Math.sin(i)}`).join("\n");
    const whole = gzipSync(`a,b\n${rows}\n`);
    await writeFile(path, whole.subarray(0, whole.length / 2));
    await expect(readTable(path)).rejects.toMatchObject({
      code: "unreadable-data",
      message: expect.stringContaining("ends before its end mark"),
    });
    whole[whole.length >> 1]! ^= 0xff;
    await writeFile(path, whole);
    await expect(readTable(path)).rejects.toMatchObject({ code: "unreadable-data" });
    await writeFile(path, gzipSync(gzipSync("a,b\n1,2\n")));
    await expect(readTable(path)).rejects.toThrow("a gzip file inside a gzip file");
  });

  it("reads a second time for texts that come late, and warns of them", async () => {
    const rows = Array.from({ length: 6000 }, (_, i) => `${i}.0,${i}`);
    for (const [name, pack] of [
      ["x.csv", String],
      ["x.csv.gz", gzipSync],
    ] as const) {
      const path = join(folder, name);
      await writeFile(path, pack(`a,b\n${rows.join("\n")}\noops,1\n`));
      const table = await readTable(path);
      expect(table.columns.map((column) => column.kind)).toEqual(["categorical", "numeric"]);
      expect(table.columns[0]).toMatchObject({ levels: expect.arrayContaining(["5999.0", "oops"]) });
      expect(table.warnings).toEqual([expect.stringContaining('first "oops" on line 6002')]);
    }
  });

  it("reports progress up to the file's size, and stops when told to", async () => {
    const path = join(folder, "x.csv");
    await writeFile(path, `a\n${"1\n".repeat(2e6)}`);
    const { size } = await stat(path);
    const seen: number[] = [];
    await readTable(path, {
      onProgress: ({ fraction, bytes, totalBytes }) => {
        expect(bytes! / totalBytes!).toBe(fraction);
        seen.push(fraction!);
      },
    });
    expect(seen.at(-1)).toBe(1);
    expect(seen.length).toBeGreaterThan(size >> 21);
    const stop = new AbortController();
    await expect(
      readTable(path, { signal: stop.signal, onProgress: () => stop.abort() }),
    ).rejects.toMatchObject({ code: "aborted" });
  });

  it("stops waiting for a stream that never ends", async () => {
    const stop = new AbortController();
    const reading = readTable(new PassThrough(), { signal: stop.signal });
    stop.abort();
    await expect(reading).rejects.toMatchObject({ code: "aborted" });
  });

  it("passes on what a stream fails with", async () => {
    const stream = new Readable({
      read() {
        this.destroy(new Error("line dropped"));
      },
    });
    await expect(readTable(stream)).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("line dropped"),
    });
  });
});

describe("writeFileAtomic", () => {
  it("writes, and refuses to replace unless told to", async () => {
    const path = join(folder, "out.bin");
    await writeFileAtomic(path, "one");
    await expect(writeFileAtomic(path, "two")).rejects.toMatchObject({ code: "file-exists" });
    await expect(checkWritable(path)).rejects.toMatchObject({ code: "file-exists" });
    expect(await readFile(path, "utf8")).toBe("one");
    await chmod(path, 0o640);
    await writeFileAtomic(path, ["t", new Uint8Array([119]), "o"], { force: true });
    expect(await readFile(path, "utf8")).toBe("two");
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(["out.bin"]);
  });

  it("replaces what a link points to, not the link", async () => {
    await writeFile(join(folder, "real"), "old");
    await symlink(join(folder, "real"), join(folder, "link"));
    await writeFileAtomic(join(folder, "link"), "new", { force: true });
    expect(await readFile(join(folder, "real"), "utf8")).toBe("new");
  });

  it("leaves nothing behind when the data fails, or when stopped", async () => {
    const path = join(folder, "out.bin");
    await writeFile(path, "old");
    async function* failing() {
      yield "part";
      throw new Error("no more");
    }
    await expect(writeFileAtomic(path, failing(), { force: true })).rejects.toThrow("no more");
    const stop = new AbortController();
    async function* stopping() {
      yield "part";
      stop.abort();
      yield "more";
    }
    await expect(
      writeFileAtomic(path, stopping(), { force: true, signal: stop.signal }),
    ).rejects.toMatchObject({ code: "aborted" });
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["out.bin"]);
  });

  it("takes names as long as the system does, of any script", async () => {
    const path = join(folder, `${"画".repeat(80)}.png`);
    await writeFileAtomic(path, "x");
    expect(await readFile(path, "utf8")).toBe("x");
  });

  it("removes what a killed writer of the same file left, and nothing else", async () => {
    const path = join(folder, "out.bin");
    // The process ends in the middle of writing, as after kill -9.
    const script = `
      import { openAtomicFile } from ${JSON.stringify(new URL("../../dist/io/write-file.js", import.meta.url).href)};
      const file = await openAtomicFile(${JSON.stringify(path)});
      await file.write("half");
      process.kill(process.pid, "SIGKILL");`;
    spawnSync(process.execPath, ["--input-type=module", "-e", script]);
    const [left] = await readdir(folder);
    expect(left).toMatch(/^\.out\.bin\.[0-9a-f]{8}-\d+-[0-9a-f]{12}\.tmp$/);
    // Somebody's own file, one of a writer at work, one of another machine, and one of an earlier version.
    const running = left!.replace(/-\d+-/, `-${process.pid}-`);
    const elsewhere = left!.replace(/bin\.[0-9a-f]{8}/, "bin.00000000");
    const others = [
      ".out.bin.tmp",
      ".out.bin.mine.tmp",
      running,
      elsewhere,
      `.out.bin.${"a".repeat(12)}.tmp`,
    ];
    for (const name of others) await writeFile(join(folder, name), "");
    await writeFileAtomic(join(folder, "other.bin"), "x");
    expect(await readdir(folder)).toContain(left);
    await writeFileAtomic(path, "whole");
    expect((await readdir(folder)).sort()).toEqual([...others, "other.bin", "out.bin"].sort());
    // A day later, those whose writers cannot be asked.
    const old = new Date(Date.now() - 2 * 86_400_000);
    for (const name of others) await utimes(join(folder, name), old, old);
    await writeFileAtomic(path, "again", { force: true });
    expect((await readdir(folder)).sort()).toEqual(
      [".out.bin.mine.tmp", ".out.bin.tmp", running, "other.bin", "out.bin"].sort(),
    );
  });

  it("notices a file that appeared meanwhile", async () => {
    const path = join(folder, "out.bin");
    async function* slow() {
      yield "mine";
      await writeFile(path, "theirs");
    }
    await expect(writeFileAtomic(path, slow())).rejects.toMatchObject({ code: "file-exists" });
    expect(await readFile(path, "utf8")).toBe("theirs");
    expect(await readdir(folder)).toEqual(["out.bin"]);
  });

  it("says why it cannot write", async () => {
    await expect(writeFileAtomic(join(folder, "no", "x"), "")).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining(`the folder ${folder}/no does not exist`),
    });
    await mkdir(join(folder, "d"));
    await expect(writeFileAtomic(join(folder, "d"), "", { force: true })).rejects.toThrow("it is a folder");
    if (!asRoot) {
      await chmod(join(folder, "d"), 0o500);
      await expect(writeFileAtomic(join(folder, "d", "x"), "")).rejects.toThrow("permission was denied");
      await expect(checkWritable(join(folder, "d", "x"))).rejects.toThrow("permission was denied");
    }
  });

  it.skipIf(!existsSync("/dev/full"))(
    "says when the disk is full, and leaves devices what they are",
    async () => {
      await expect(writeFileAtomic("/dev/full", "x")).rejects.toMatchObject({
        code: "io",
        message: "Cannot write /dev/full: the disk is full.",
      });
      await writeFileAtomic("/dev/null", "x");
      expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
    },
  );
});

describe("openCsvWriter", () => {
  it("writes what can be read back", async () => {
    const path = join(folder, "out.csv");
    const writer = await openCsvWriter(path);
    await writer.writeRow(["a", "b,c", 'd"e', " f "]);
    expect(existsSync(path)).toBe(false);
    await writer.writeRow([1, Number.NaN, null, true]);
    await writer.close();
    expect(await readFile(path, "utf8")).toBe('a,"b,c","d""e"," f "\n1,,,true\n');
  });

  it("creates no file when discarded", async () => {
    const writer = await openCsvWriter(join(folder, "out.csv"));
    await writer.writeRow(["a"]);
    await writer.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it("waits for a slow reader", async () => {
    let received = 0;
    const slow = new Writable({
      highWaterMark: 1000,
      write(chunk, _, done) {
        received += chunk.length;
        setTimeout(done, 1);
      },
    });
    const writer = await openCsvWriter(slow);
    for (let i = 0; i < 30000; i++) await writer.writeRow([i, "some text"]);
    await writer.close();
    expect(received).toBe(Array.from({ length: 30000 }, (_, i) => `${i},some text\n`).join("").length);
  });

  it("is quiet when the reader of a pipe goes away", async () => {
    const gone = new Writable({
      write(_chunk, _, done) {
        done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
      },
    });
    const writer = await openCsvWriter(gone);
    for (let i = 0; i < 30000; i++) await writer.writeRow([i, "some text"]);
    expect(writer.readerGone).toBe(true);
    await writer.close();
  });

  it("fails when the stream does", async () => {
    const full = new Writable({
      write(_chunk, _, done) {
        done(Object.assign(new Error("write ENOSPC"), { code: "ENOSPC" }));
      },
    });
    const writer = await openCsvWriter(full);
    await writer.writeRow(["x"]);
    await expect(writer.close()).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("disk is full"),
    });
  });
});

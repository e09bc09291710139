import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { HypersphereError } from "../../errors.js";
import { inMemory, type RandomAccess } from "../../formats/opened.js";
import type { ParquetJob, ParquetTable } from "../../formats/table/parquet/job.js";
import { decodeParquet } from "../../formats/table/parquet-decode.js";
import { entryUrl } from "../../runtime/node/threads.js";
import { readTable } from "../readers.js";
import { zlibPages } from "../zlib-inflate.js";
import { DecoderThread } from "./decoder-thread.js";
import { decoderThreads } from "./decoder-threads.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const real = entryUrl("./decoder.js", new URL("./decoder-threads.ts", import.meta.url).href);
const empty: ParquetTable = { columns: [], warnings: [], missingMet: [] };
const file = inMemory(new Uint8Array(3), "f");
const job = (more: Partial<ParquetJob> = {}): ParquetJob => ({ source: "f.parquet", ...more });

/** A decoder by its answer to a message; `answer(result)` sends one, `ask(from, to)` wants a part of the file. */
function decoder(body: string): URL {
  const code = `
    import { writeFileSync } from "node:fs";
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", (message) => {
      const answer = () => parentPort.postMessage({ id: message.id, result: ${JSON.stringify(empty)} });
      const ask = (from, to) => parentPort.postMessage({ id: 0, from, to });
      ${body}
    });`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

const failure = (promise: Promise<unknown>): Promise<HypersphereError> =>
  promise.then(
    () => expect.fail("nothing was thrown"),
    (error) => error,
  );

describe("a decoder that never returns", () => {
  it("is ended by its signal at once, and is at nothing any more", async () => {
    const trace = join(tmpdir(), `hypersphere-trace-${process.pid}`);
    const endless = decoder(`for (let k = 0; ; k++) writeFileSync(${JSON.stringify(trace)}, String(k));`);
    const controller = new AbortController();
    const reading = failure(decoderThreads(endless)(file, job(), { signal: controller.signal }));
    while (!existsSync(trace)) await sleep(10);
    const begun = performance.now();
    controller.abort(new Error("enough"));
    const error = await reading;
    expect(performance.now() - begun).toBeLessThan(200);
    expect(error).toBeInstanceOf(HypersphereError);
    expect(error).toMatchObject({ code: "aborted", cause: { message: "enough" } });
    await sleep(500);
    const then = readFileSync(trace, "utf8");
    await sleep(200);
    expect(readFileSync(trace, "utf8")).toBe(then);
    rmSync(trace);
  });

  it("is ended by the limit of time without progress, and others are not affected", async () => {
    const decode = decoderThreads(decoder(`if (message.job.source === "bad") for (;;); else answer();`), 2);
    const bad = failure(decode(file, job({ source: "bad", maxStall: 0.5 }), {}));
    expect(await decode(file, job(), {})).toEqual(empty);
    expect(await bad).toMatchObject({
      code: "unfit-data",
      message: "bad: the decoder of Parquet made no progress for 0.5 s, and was stopped.",
      hint: expect.stringContaining('option "maxStall" 5 waits longer'),
      details: { option: "maxStall", value: 0.5, source: "bad" },
    });
    expect(await decode(file, job(), {})).toEqual(empty);
  });

  it("is found in the real one, too", async () => {
    const loop = `for (let end = Date.now() + 3000; Date.now() < end; );`;
    const slow = new URL(
      `data:text/javascript,${encodeURIComponent(`
        const slice = Uint8Array.prototype.subarray;
        Uint8Array.prototype.subarray = function (...range) { ${loop} return slice.apply(this, range); };
        await import(${JSON.stringify(real.href)});`)}`,
    );
    const bytes = readFileSync(join(root, "test/golden/parquet/plain.parquet"));
    const reading = decoderThreads(slow)(inMemory(bytes, "f"), job({ maxStall: 1 }), {});
    expect((await failure(reading)).details.option).toBe("maxStall");
  });
});

describe("the limit of time without progress", () => {
  const silent = decoder("setTimeout(answer, 900)");

  it("is lifted by a higher one, and by Infinity", async () => {
    const decode = decoderThreads(silent);
    expect((await failure(decode(file, job({ maxStall: 0.4 }), {}))).details.option).toBe("maxStall");
    expect(await decode(file, job({ maxStall: 30 }), {})).toEqual(empty);
    expect(await decode(file, job({ maxStall: Number.POSITIVE_INFINITY }), {})).toEqual(empty);
  });

  it("counts neither steps nor the time that the file takes", async () => {
    const steady = decoder(
      `let k = 0; const timer = setInterval(() => {
         Atomics.add(message.steps, 0, 1);
         if (++k === 12) { clearInterval(timer); answer(); }
       }, 100);`,
    );
    expect(await decoderThreads(steady)(file, job({ maxStall: 1 }), {})).toEqual(empty);
    const asking = decoder("if (message.job) ask(0, 3); else answer();");
    const slow: RandomAccess = { ...file, slice: () => sleep(1500, new Uint8Array(3)) };
    expect(await decoderThreads(asking)(slow, job({ maxStall: 0.8 }), {})).toEqual(empty);
  });

  it("counts no time in which the caller was busy itself", async () => {
    const reading = decoderThreads(decoder("answer()"))(file, job({ maxStall: 0.5 }), {});
    for (const end = performance.now() + 1200; performance.now() < end; );
    expect(await reading).toEqual(empty);
  });

  it.each([0, -1, Number.NaN, "60"])("is no %j", async (maxStall) => {
    const path = join(root, "test/golden/parquet/plain.parquet");
    await expect(readTable(path, { maxStall: maxStall as number })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("maxStall must be a number of seconds above 0"),
    });
  });
});

describe("threads", () => {
  it("are as many as allowed; who waits for one is let go by its signal", async () => {
    const decode = decoderThreads(decoder("setTimeout(answer, 400)"), 1);
    const controller = new AbortController();
    const first = decode(file, job(), {});
    const waiting = failure(decode(file, job(), { signal: controller.signal }));
    const last = decode(file, job(), {});
    await sleep(50);
    controller.abort();
    expect((await waiting).code).toBe("aborted");
    expect(await Promise.race([first.then(() => "first"), last.then(() => "last")])).toBe("first");
    expect(await last).toEqual(empty);
  });

  it.each([
    ["with an exception", 'throw new Error("out of luck");', /failed: out of luck\./],
    ["without a word", "process.exit(3);", /failed: it ended with 3\./],
    ["by a rejected promise", 'Promise.reject(new Error("no"));', /failed: no\./],
  ])("that die %s fail their file and no other", async (_, body, message) => {
    const decode = decoderThreads(decoder(`if (message.job.source === "bad") { ${body} } else answer();`));
    const error = await failure(decode(file, job({ source: "bad" }), {}));
    expect(error).toBeInstanceOf(HypersphereError);
    expect(error).toMatchObject({ code: "internal", message: expect.stringMatching(message) });
    expect(await decode(file, job(), {})).toEqual(empty);
  });

  it("that take more memory than their heap end alone", async () => {
    const greedy = decoder("const all = []; for (;;) all.push([all.length]);");
    const error = await failure(new DecoderThread(greedy, 2 ** 25).decode(file, job(), {}));
    expect(error).toMatchObject({
      code: "unfit-data",
      message: "f: decoding it took more than 33.6 MB of memory, and was stopped.",
    });
  });

  it("stop for what the caller's own function fails with", async () => {
    const path = join(root, "test/golden/parquet/plain.parquet");
    const onProgress = (): never => {
      throw new RangeError("mine");
    };
    expect(await failure(readTable(path, { onProgress }))).toMatchObject({
      name: "RangeError",
      message: "mine",
    });
  });
});

describe("decoding in a thread", () => {
  const golden = join(root, "test/golden/parquet");
  const names = readdirSync(golden).filter((name) => name.endsWith(".parquet"));

  it.each(names)("gives what decoding here gives, and leaves a caller's bytes alone: %s", async (name) => {
    const bytes = new Uint8Array(readFileSync(join(golden, name)));
    const before = Uint8Array.from(bytes);
    const wanted = job({ missing: ["1", "a"] });
    const here = await decodeParquet(inMemory(bytes, name), wanted, { pages: zlibPages });
    expect(await decoderThreads(real)(inMemory(bytes, name), wanted, {})).toEqual(here);
    expect(bytes).toEqual(before);
  });

  const damaged = join(root, "test/fixtures/damaged");
  const faults = readdirSync(damaged).filter((name) => name.endsWith(".parquet"));
  const failing: [string, Partial<ParquetJob>][] = [
    ...faults.map((name): [string, object] => [join(damaged, name), {}]),
    [join(golden, "plain.parquet"), { columns: ["nowhere"] }],
    [join(golden, "plain.parquet"), { columnTypes: { nowhere: "numeric" } }],
    [join(golden, "plain.parquet"), { maxColumns: 1 }],
    [join(golden, "plain.parquet"), { maxUnpacked: 9 }],
  ];
  it.each(failing)("fails as decoding here does: %s %j", async (path, options) => {
    const data = inMemory(readFileSync(path), "f.parquet");
    const told = ({ code, message, hint, details }: HypersphereError) => ({ code, message, hint, details });
    const here = await failure(decodeParquet(data, job(options), { pages: zlibPages }));
    const there = await failure(decoderThreads(real)(data, job(options), {}));
    expect(there).toBeInstanceOf(HypersphereError);
    expect(told(there)).toEqual(told(here));
    expect((there.cause as Error | undefined)?.message).toBe((here.cause as Error | undefined)?.message);
  });

  it("passes on what reading the file fails with", async () => {
    const gone = new HypersphereError("io", "Cannot read f.", {
      hint: "Is it there?",
      details: { source: "f" },
    });
    const data: RandomAccess = { ...file, size: 100, slice: () => Promise.reject(gone) };
    const error = await failure(decoderThreads(real)(data, job(), {}));
    expect(error).toMatchObject({
      code: "io",
      message: gone.message,
      hint: gone.hint,
      details: gone.details,
    });
  });
});

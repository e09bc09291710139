/** More than the service bears at a time: what is beyond is told to come again, and nothing waits without end. */
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { expectProblem } from "./support/expect-problem.js";
import { plantRows } from "./support/models.js";
import { start } from "./support/start.js";

const SCORE = "/v1/models/plant/score";

test("bodies that are held at once are bounded, and a single one is not", async () => {
  const small = await start({ settings: { maxHeldBytes: 50_000, maxUnpackedBytes: 400_000, gatherMs: 100 } });
  try {
    // Of some kilobytes as they are sent: what they become counts.
    const csv = gzipSync(`flow,load,mode\n${"0.25,0.5,run\n".repeat(20_000)}`);
    const headers = { "content-type": "text/csv", "content-encoding": "gzip" };
    expect((await small.call("POST", SCORE, csv, { headers })).status).toBe(200);
    const rows = JSON.stringify(plantRows(300));
    expect(rows.length).toBeGreaterThan(15_000);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        small.call("POST", SCORE, rows, { headers: { "content-type": "application/json" } }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    const busy = answers.find(({ status }) => status === 429)!;
    expectProblem(busy, 429, "busy");
    expect(busy.headers.get("retry-after")).toBe("1");
    expect(busy.body.detail).toMatch(/bytes of bodies/);
    // All of it was given back.
    expect((await small.call("POST", SCORE, csv, { headers })).status).toBe(200);
  } finally {
    await small.stop();
  }
});

test("a Parquet file counts its rows, not its bytes, as rows that wait", async () => {
  const small = await start({ settings: { maxQueuedRows: 30, maxRows: 100, gatherMs: 100 } });
  try {
    const rows = plantRows(12);
    const column = (name: "flow" | "load") => ({
      ...{ name, type: "DOUBLE" as const },
      data: Float64Array.from(rows, (row) => row[name]),
    });
    const mode = { name: "mode", data: rows.map((row) => row.mode), type: "STRING" as const };
    const file = new Uint8Array(parquetWriteBuffer({ columnData: [column("flow"), column("load"), mode] }));
    expect(file.length).toBeGreaterThan(300);
    const headers = { "content-type": "application/vnd.apache.parquet" };
    const two = await Promise.all([1, 2].map(() => small.call("POST", SCORE, file, { headers })));
    expect(two.map(({ status }) => status)).toEqual([200, 200]);
    const six = await Promise.all(
      Array.from({ length: 6 }, () => small.call("POST", SCORE, file, { headers })),
    );
    expect(new Set(six.map(({ status }) => status))).toEqual(new Set([200, 429]));
  } finally {
    await small.stop();
  }
});

test("lines of a CSV count as rows that wait", async () => {
  const small = await start({ settings: { maxQueuedRows: 10 } });
  try {
    const csv = `flow,load,mode\n${"1,2,run\n".repeat(6)}`;
    const headers = { "content-type": "text/csv" };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => small.call("POST", SCORE, csv, { headers })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  } finally {
    await small.stop();
  }
});

test("what is beyond the bound of rows that wait is told to come again", async () => {
  const small = await start({ settings: { maxQueuedRows: 10, maxRequests: 3, gatherMs: 50 } });
  try {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => small.call("POST", SCORE, plantRows(6))),
    );
    const busy = answers.filter(({ status }) => status === 429);
    expect(busy.length).toBeGreaterThan(0);
    expect(busy.length).toBeLessThan(8);
    for (const answer of busy) {
      expectProblem(answer, 429, "busy");
      expect(answer.headers.get("retry-after")).toBe("1");
    }
    expect((await small.call("POST", SCORE, plantRows(6))).status).toBe(200);
  } finally {
    await small.stop();
  }
});

/** The embedded database on a disk that fills up, as the file system tells it. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startService } from "../src/index.js";
import { openStore } from "../src/store/index.js";
import { ODD, plantRows } from "./support/models.js";
import { emptyFolder, type Started, start } from "./support/start.js";

const disk = vi.hoisted(() => ({ full: false }));
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  return {
    ...real,
    statfs: async (path: string) => ({ ...(await real.statfs(path)), ...(disk.full && { bavail: 1 }) }),
    writeFile: async (...args: Parameters<typeof real.writeFile>) => {
      if (!disk.full) return real.writeFile(...args);
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    },
  };
});
/** What was asked of the disk is asked again after so long. */
const ASKED_AGAIN_MS = 250;
const turn = async (full: boolean): Promise<void> => {
  disk.full = full;
  await new Promise((resolve) => setTimeout(resolve, ASKED_AGAIN_MS));
};

const SCORE = "/v1/models/plant/score?idColumn=id";
let started: Started;
beforeAll(async () => {
  started = await start();
});
afterAll(async () => {
  disk.full = false;
  await started.stop();
});
const rowsOf = (name: string) => plantRows(20, 1).map((row, k) => ({ ...row, id: `${name} ${k}` }));
const labels = async (): Promise<string[]> => {
  const { body } = await started.call("GET", "/v1/results?model=plant&limit=1000");
  return body.results.map(({ label }: { label: string }) => label);
};

test("what cannot be stored is refused with 507, what was stored is listed, and once there is space all goes on", async () => {
  const before = rowsOf("before");
  expect((await started.call("POST", SCORE, before)).status).toBe(200);
  await turn(true);
  const refused = await started.call("POST", SCORE, rowsOf("full"));
  expect(refused).toMatchObject({
    status: 507,
    body: { code: "insufficient-storage", detail: expect.stringContaining("256 are kept free") },
  });
  expect(refused.headers.get("retry-after")).toBe("30");
  const incident = await started.call("POST", `${SCORE}&results=flagged`, [{ ...ODD, id: "flagged" }]);
  const named = await started.call("POST", SCORE, rowsOf("named"), { headers: { "idempotency-key": "a" } });
  const key = await started.call("POST", "/v1/keys", { name: "other", role: "score" });
  expect([incident.status, named.status, key.status]).toEqual([507, 507, 507]);
  // What stores nothing is answered.
  const unstored = await started.call("POST", "/v1/models/plant/score?results=none", rowsOf("unstored"));
  expect(unstored.status).toBe(200);
  expect((await labels()).sort()).toEqual(before.map(({ id }) => id).sort());
  await turn(false);
  const named2 = await started.call("POST", SCORE, rowsOf("named"), { headers: { "idempotency-key": "a" } });
  expect([named2.status, named2.headers.get("idempotency-replayed")]).toEqual([200, null]);
  expect((await labels()).filter((label) => /full|flagged|unstored/.test(label))).toEqual([]);
  expect(await labels()).toHaveLength(40);
});

test("a file that a request needs and that finds no space is 507 as well", async () => {
  await turn(true);
  const file = "feed_flow\n1\n";
  const { status, body } = await started.call("POST", SCORE, file, {
    headers: { "content-type": "text/csv" },
  });
  await turn(false);
  expect([status, body.code]).toEqual([507, "insufficient-storage"]);
});

test("the service does not start where the database could not be written to its end", async () => {
  await turn(true);
  const folder = emptyFolder();
  await expect(openStore({ folder })).rejects.toThrow("are kept free");
  await expect(startService({ data: folder })).rejects.toMatchObject({ kind: "insufficient-storage" });
  await turn(false);
});

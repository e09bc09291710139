/** What is asked of NATS and not answered as hoped: refused, unheard, or cut off. Without nats-server these are skipped. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HypersphereError } from "hypersphere";
import { ErrorCode, headers, type NatsError } from "nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BrokerAway } from "../src/broker.js";
import { NatsCalls } from "../src/nats-calls.js";
import { NatsStore } from "../src/nats-store.js";
import { freePort } from "./mosquitto.js";
import { drivenNats } from "./nats-driven.js";

const folder = mkdtempSync(join(tmpdir(), "hypersphere-nats-calls-"));
const env = { ...process.env, PATH: [process.env["PATH"], "/usr/sbin"].join(delimiter) };

describe.skipIf(!drivenNats().isHere)("calls of NATS", () => {
  let server: ChildProcess;
  let store: NatsStore;

  beforeAll(async () => {
    const port = await freePort();
    const users = `{ user: worker, password: secret, permissions: { publish: { deny: "taken.*" } } }`;
    const lines = [
      `listen: "127.0.0.1:${port}"`,
      `jetstream { store_dir: "${join(folder, "store")}" }`,
      `authorization { users: [ ${users} ] }`,
    ];
    writeFileSync(join(folder, "nats.conf"), lines.join("\n"));
    server = spawn("nats-server", ["-c", join(folder, "nats.conf")], { stdio: "ignore", env });
    for (const end = Date.now() + 15_000; ; await sleep(50)) {
      const found = await NatsStore.connect(`nats://worker:secret@127.0.0.1:${port}`).catch((error) => error);
      if (found instanceof NatsStore) store = found;
      if (store !== undefined || Date.now() > end) break;
    }
    await store.manager.streams.add({ name: "ALL", subjects: ["free.*", "taken.*"] });
  });
  afterAll(async () => {
    await store.connection.close();
    server.kill("SIGKILL");
    await once(server, "exit");
    rmSync(folder, { recursive: true, force: true });
  });

  test("what a user may not send is refused at once, and nothing else that is under way", async () => {
    const asked = performance.now();
    const [refused, ...free] = await Promise.allSettled([
      store.put("taken.0", "a", 0),
      ...Array.from({ length: 50 }, (_, k) => store.put(`free.${k}`, "b", 0)),
    ]);
    expect(refused).toMatchObject({ status: "rejected", reason: expect.any(HypersphereError) });
    expect((refused as PromiseRejectedResult).reason).toMatchObject({
      ...{ code: "io", message: expect.stringContaining('"taken.0"') },
      hint: expect.stringContaining("what that user may do"),
    });
    expect(performance.now() - asked).toBeLessThan(5000);
    const sequences = free.map((one) => (one as PromiseFulfilledResult<number>).value);
    expect(new Set(sequences).size).toBe(50);
    // Another was there first: of the subject by number, of the stream by id.
    expect(await store.put("free.1", "c", 0)).toBeUndefined();
    expect(await store.put("free.1", "c", "no such id")).toBeUndefined();
    expect(await store.put("free.1", "c", sequences[1]!, "an id")).toBe(51);
    expect(await store.put("free.2", "d", "an id")).toBe(52);
  });

  test("a subject of no stream is nobody's, and what is not answered ends in the order in which it was asked", async () => {
    await expect(store.put("nobody.0", "a", 0)).rejects.toThrow(BrokerAway);
    const silent = store.connection.subscribe("silent");
    const calls = new NatsCalls(store.connection, 300);
    const begun = performance.now();
    const ended: number[] = [];
    const ask = (k: number): Promise<void> =>
      calls.ask("silent", String(k), headers()).then(
        () => expect.unreachable(),
        ({ code }: NatsError) => {
          expect(code).toBe(ErrorCode.Timeout);
          ended.push(k);
        },
      );
    const first = ask(0);
    await sleep(150);
    await Promise.all([first, ask(1), ask(2)]);
    expect(ended).toEqual([0, 1, 2]);
    expect(performance.now() - begun).toBeGreaterThan(400);
    silent.unsubscribe();
  });

  test("what is under way when the connection ends is heard of at once", async () => {
    const silent = store.connection.subscribe("silent");
    const calls = new NatsCalls(store.connection, 60_000);
    const asked = calls.ask("silent", "a", headers());
    const heard = expect(asked).rejects.toMatchObject({ code: ErrorCode.ConnectionClosed });
    silent.unsubscribe();
    await store.connection.close();
    await heard;
    await expect(store.put("free.3", "e", 0)).rejects.toThrow(BrokerAway);
  });
});

/** Webhooks: who is told of incidents, how often, and where the service does not call. */
import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyWebhook } from "../src/index.js";
import { openStore } from "../src/store/index.js";
import { addWebhook, Postman, tryOut } from "../src/webhooks/index.js";
import { isPublic, publicLookup, publicLookupBy } from "../src/webhooks/public-address.js";
import { send } from "../src/webhooks/send.js";
import { ODD } from "./support/models.js";
import { dataFolder, type Started, start } from "./support/start.js";

interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

let service: Started & { key: string };
let receiver: Server;
let base: string;
const received: Received[] = [];
/** What the receiver answers at a path: a status, or nothing at all. */
const answers = new Map<string, number | "silence" | "endless">();

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => {
      body += piece;
    });
    request.on("end", () => {
      const path = request.url!;
      received.push({ path, headers: request.headers as Record<string, string>, body });
      const answer = answers.get(path) ?? 200;
      if (answer === "silence") return;
      if (answer === "endless") {
        response.writeHead(200);
        const drip = setInterval(() => response.write("x".repeat(1024)), 5);
        response.once("close", () => clearInterval(drip));
        return;
      }
      response.writeHead(answer, { location: "/elsewhere" }).end("said");
    });
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  service = await start({
    settings: {
      ...{ incidentGapSeconds: 60, sweepSeconds: 1, webhooksToPrivate: true },
      ...{ webhookAttempts: 3, webhookRetrySeconds: 0.05, webhookSeconds: 1 },
    },
  });
});
afterAll(async () => {
  await service.stop();
  receiver.closeAllConnections();
  receiver.close();
});

/** From half an hour ahead on: what is older than the gap is closed by itself, and a slow machine must not make it so. */
const begun = Date.now() + 30 * 60_000;
const at = (minute: number): string => new Date(begun + minute * 60_000).toISOString();
const flag = async (unit: string, minute: number): Promise<number> => {
  const rows = [{ ...ODD, unit, time: at(minute) }];
  const { body } = await service.call(
    "POST",
    "/v1/models/plant/score?entityColumn=unit&timeColumn=time",
    rows,
  );
  return body.rows[0].incident;
};
const sentTo = (path: string): Received[] => received.filter((one) => one.path === path);
const arrived = (path: string, count: number) =>
  expect.poll(() => sentTo(path).length, { timeout: 15_000 }).toBe(count);
const register = async (path: string, more: object = {}) =>
  (await service.call("POST", "/v1/webhooks", { url: `${base}${path}`, ...more })).body;
const remove = (id: number) => service.call("DELETE", `/v1/webhooks/${id}`);
const deliveries = async (query: string) =>
  (await service.call("GET", `/v1/deliveries?${query}`)).body.deliveries;

test("an incident that opens and one that closes are told once, with a signature that can be checked", async () => {
  const webhook = await register("/all");
  const first = await flag("a", 0);
  await flag("a", 0.5);
  await arrived("/all", 1);
  const second = await flag("a", 30);
  await arrived("/all", 3);
  const bodies = sentTo("/all").map(({ body }) => JSON.parse(body));
  expect(bodies[0]).toMatchObject({
    type: "incident.opened",
    data: { id: first, model: "plant", entity: "a", status: "open", flagged: 1, firstAt: at(0) },
  });
  expect(bodies.slice(1)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        type: "incident.closed",
        data: expect.objectContaining({ id: first, status: "closed", flagged: 2 }),
      }),
      expect.objectContaining({ type: "incident.opened", data: expect.objectContaining({ id: second }) }),
    ]),
  );
  for (const { headers, body } of sentTo("/all")) {
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const bytes = Buffer.from(webhook.secret.slice("whsec_".length), "base64");
    expect(headers["webhook-signature"]).toBe(
      `v1,${createHmac("sha256", bytes).update(signed).digest("base64")}`,
    );
    expect(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1000)).toBeLessThan(30);
    const { secret } = webhook;
    const { id, event } = verifyWebhook({ body, headers, secret });
    expect([id, event]).toEqual([headers["webhook-id"], JSON.parse(body)]);
    // Recorded, and sent again later; changed; signed by somebody else; another delivery's signature.
    const later = Date.now() + 301_000;
    const forged = [
      { body, headers, secret, now: later },
      {
        body,
        headers: { ...headers, "webhook-timestamp": String(Math.floor(later / 1000)) },
        secret,
        now: later,
      },
      { body: body.replace("plant", "plane"), headers, secret },
      { body, headers, secret: `whsec_${Buffer.from("another secret").toString("base64")}` },
      { body, headers: { ...headers, "webhook-id": "another" }, secret },
      { body, headers: { ...headers, "webhook-signature": undefined }, secret },
      { body, headers: { ...headers, "webhook-timestamp": "soon" }, secret },
    ];
    for (const one of forged)
      expect(() => verifyWebhook(one)).toThrow(/^The webhook is not what the service sent: Its? /);
    const rotated = { ...headers, "webhook-signature": `v1,AAAA ${headers["webhook-signature"]}` };
    expect(verifyWebhook({ body: Buffer.from(body), headers: rotated, secret }).id).toBe(id);
  }
  expect(new Set(sentTo("/all").map(({ headers }) => headers["webhook-id"])).size).toBe(3);
  await expect.poll(async () => (await deliveries(`webhook=${webhook.id}&status=delivered`)).length).toBe(3);
  // One that is over closes by itself.
  const old = await flag("z", -60);
  await arrived("/all", 5);
  const last = sentTo("/all").map(({ body }) => JSON.parse(body));
  const types = last.filter(({ data }) => data.id === old).map(({ type }) => type);
  expect(types.sort()).toEqual(["incident.closed", "incident.opened"]);
  await remove(webhook.id);
});

test("only the events that were asked for, and nothing after it was deleted", async () => {
  const webhook = await register("/closed", { events: ["incident.closed"] });
  await flag("b", 0);
  await flag("b", 30);
  await arrived("/closed", 1);
  expect(JSON.parse(sentTo("/closed")[0]!.body).type).toBe("incident.closed");
  expect((await remove(webhook.id)).status).toBe(204);
  expect((await remove(webhook.id)).status).toBe(404);
  await flag("b", 60);
  expect(await deliveries(`webhook=${webhook.id}`)).toHaveLength(1);
});

test("a webhook is tried out on the way that incidents take, and says what it has not taken", async () => {
  const webhook = await register("/tried");
  const asked = await service.call("POST", `/v1/webhooks/${webhook.id}/test`);
  expect([asked.status, asked.body]).toMatchObject([
    202,
    { event: "test", incident: null, status: "waiting" },
  ]);
  await arrived("/tried", 1);
  const [{ headers, body }] = sentTo("/tried") as [Received];
  expect(JSON.parse(body)).toMatchObject({ type: "test", data: { webhook: webhook.id } });
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const bytes = Buffer.from(webhook.secret.slice("whsec_".length), "base64");
  expect(headers["webhook-signature"]).toBe(
    `v1,${createHmac("sha256", bytes).update(signed).digest("base64")}`,
  );
  const listed = async () =>
    (await service.call("GET", "/v1/webhooks")).body.webhooks.find(
      ({ id }: { id: number }) => id === webhook.id,
    );
  await expect.poll(listed).toMatchObject({ waiting: 0, dead: 0 });
  answers.set("/tried", 503);
  await service.call("POST", `/v1/webhooks/${webhook.id}/test`);
  await expect.poll(listed, { timeout: 15_000 }).toMatchObject({ waiting: 0, dead: 1 });
  await remove(webhook.id);
  expect((await service.call("POST", `/v1/webhooks/${webhook.id}/test`)).status).toBe(404);
});

test("a receiver that fails is tried again by the same id, given up, and sent to again by a person", async () => {
  answers.set("/fails", 500);
  const webhook = await register("/fails", { events: ["incident.opened"] });
  await flag("c", 0);
  await arrived("/fails", 3);
  await expect.poll(() => deliveries(`webhook=${webhook.id}&status=dead`)).toHaveLength(1);
  const [dead] = await deliveries(`webhook=${webhook.id}&status=dead`);
  expect(dead).toMatchObject({ attempts: 3, lastError: "The receiver answered 500.", nextAt: null });
  expect(new Set(sentTo("/fails").map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([dead.key]));
  answers.set("/fails", 204);
  expect((await service.call("POST", `/v1/deliveries/${dead.id}/send`)).status).toBe(202);
  await arrived("/fails", 4);
  await expect.poll(() => deliveries(`webhook=${webhook.id}&status=delivered`)).toHaveLength(1);
  expect(sentTo("/fails")[3]!.headers["webhook-id"]).toBe(dead.key);
  await remove(webhook.id);
  expect((await service.call("POST", `/v1/deliveries/${dead.id}/send`)).status).toBe(409);
});

test("what is due is sent without waiting for another round", async () => {
  const store = await openStore({ folder: await dataFolder() });
  const bounds = { webhookAttempts: 3, webhookRetrySeconds: 5, webhookSeconds: 5, webhooksToPrivate: true };
  const postman = new Postman(store.db, bounds);
  try {
    const given = { url: `${base}/many`, events: ["incident.opened"] } as const;
    const { id } = await addWebhook(store.db, given, { who: "test", toPrivate: true });
    for (let k = 0; k < 9; k++) await tryOut(store.db, id, "test");
    await postman.round();
    await arrived("/many", 9);
    expect(new Set(sentTo("/many").map(({ headers }) => headers["webhook-id"])).size).toBe(9);
  } finally {
    await postman.stop();
    await store.close();
  }
});

test("redirects are not followed, silence ends, and an endless answer is cut off", async () => {
  answers.set("/moved", 302);
  answers.set("/silent", "silence");
  answers.set("/endless", "endless");
  const webhooks = [await register("/moved"), await register("/silent"), await register("/endless")];
  await flag("d", 0);
  const of = (k: number) => deliveries(`webhook=${webhooks[k].id}`);
  await expect
    .poll(async () => (await of(0))[0].lastError, { timeout: 10_000 })
    .toBe("The receiver answered 302, which is not followed.");
  await expect
    .poll(async () => (await of(1))[0].lastError, { timeout: 10_000 })
    .toBe("There was no answer within 1 s.");
  await expect.poll(async () => (await of(2))[0].status, { timeout: 10_000 }).toBe("delivered");
  expect(sentTo("/elsewhere")).toEqual([]);
  for (const { id } of webhooks) await remove(id);
});

test("administrators alone register; secrets are shown once", async () => {
  const { key } = (await service.call("POST", "/v1/keys", { name: "someone", role: "review" })).body;
  for (const [method, path] of [
    ["POST", "/v1/webhooks"],
    ["GET", "/v1/webhooks"],
    ["DELETE", "/v1/webhooks/1"],
    ["GET", "/v1/deliveries"],
    ["POST", "/v1/deliveries/1/send"],
  ] as const) {
    const body = method === "POST" ? { url: `${base}/x` } : undefined;
    expect((await service.call(method, path, body, { key })).status).toBe(403);
  }
  const { id, secret } = await register("/listed");
  const { text } = await service.call("GET", "/v1/webhooks");
  expect(text).toContain("/listed");
  expect(text).not.toContain(secret);
  expect((await service.call("GET", "/v1/audit")).text).not.toContain(secret);
  await remove(id);
});

describe("by default, webhooks go to the internet alone", () => {
  test("addresses", () => {
    const closed =
      "127.0.0.1 127.9.9.9 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 0.0.0.0 100.64.0.1 224.0.0.1 " +
      "255.255.255.255 ::1 :: fe80::1 fc00::1 fd12::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: " +
      "2001:db8::1 nowhere";
    expect(closed.split(" ").filter(isPublic)).toEqual([]);
    const open = "1.1.1.1 172.32.0.1 192.167.1.1 9.255.255.255 2606:4700::1111 2a00:1450::1";
    expect(open.split(" ").filter((one) => !isPublic(one))).toEqual([]);
  });

  test("a name that means this machine is not connected to", async () => {
    for (const all of [true, false]) {
      const error = await new Promise((done) => publicLookup("localhost", { all }, done));
      expect(String(error)).toMatch(/private address/);
    }
  });

  test("a name that means this machine a moment later is not connected to", async () => {
    // The receiver listens here: whoever trusted the first answer would reach it by the second.
    const { port } = new URL(base);
    const said = [["93.184.216.34"], ["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], []];
    let asked = 0;
    const lookup = publicLookupBy((_host, _options, done) =>
      done(
        null,
        said[asked++]!.map((address) => ({ address, family: 4 })),
      ),
    );
    const first = await new Promise((done) =>
      lookup("rebinds.example", {}, (error, address) => done([error, address])),
    );
    expect(first).toEqual([null, "93.184.216.34"]);
    const sending = { url: `https://rebinds.example:${port}/rebound`, secret: "", key: "k", payload: "{}" };
    for (const count of [2, 3, 4]) {
      const wrong = await send(sending, { toPrivate: false, seconds: 2, lookup });
      expect(wrong).toMatch(/rebinds\.example: it is a private address/);
      expect(asked).toBe(count);
    }
    expect(sentTo("/rebound")).toEqual([]);
  });

  test("what is registered", async () => {
    const strict = await start();
    try {
      for (const url of [
        "http://example.com/x",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://169.254.169.254/latest",
        "https://user:password@example.com/x",
        "file:///etc/passwd",
        "nothing",
      ]) {
        const { status, body } = await strict.call("POST", "/v1/webhooks", { url });
        expect([url, status, body.code]).toEqual([url, 400, "invalid-request"]);
      }
      // A name is resolved when it is sent to.
      const { body } = await strict.call("POST", "/v1/webhooks", { url: "https://localhost/x" });
      await strict.call("POST", "/v1/models/plant/score", [ODD]);
      await expect
        .poll(
          async () =>
            (await strict.call("GET", `/v1/deliveries?webhook=${body.id}`)).body.deliveries[0]?.lastError,
          { timeout: 10_000 },
        )
        .toMatch(/private address/);
    } finally {
      await strict.stop();
    }
  });
});

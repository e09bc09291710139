/** What reaches the service that no client library sends: bytes on a socket, and connections that come to nothing. */
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plantRows } from "./support/models.js";
import { type Started, start } from "./support/start.js";

let started: Started & { key: string };
let port: number;
const SECONDS = 1;
beforeAll(async () => {
  started = await start({ settings: { bodySeconds: SECONDS } });
  port = Number(new URL(started.service.url).port);
});
afterAll(() => started.stop());

/** Opens a connection, and sends bytes at once. */
const opened = (text = ""): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("error", () => {});
    socket.once("connect", () => {
      if (text !== "") socket.write(Buffer.from(text, "latin1"));
      resolve(socket);
    });
  });

/** The statuses that are answered, until the connection is ended or as many have come. */
async function statuses(text: string, most = 1): Promise<number[]> {
  const socket = await opened(text);
  let got = "";
  return new Promise((resolve) => {
    const found = (): number[] => [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
    const end = (): void => {
      socket.destroy();
      resolve(found());
    };
    socket.on("data", (part) => {
      got += part.toString("latin1");
      if (found().length >= most) end();
    });
    socket.on("close", end);
  });
}

const body = JSON.stringify(plantRows(1, 1));
const post = (headers: string, content: string): string =>
  `POST /v1/models/plant/score HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${started.key}\r\n` +
  `Content-Type: application/json\r\n${headers}\r\n\r\n${content}`;
const get = (headers: string): string => `GET /healthz HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
const whole = `Content-Length: ${body.length}`;

test("requests that can be read in two ways, and none of them whole, are refused", async () => {
  const chunked = "Transfer-Encoding: chunked";
  const cases: Record<string, [string, number[]]> = {
    "two lengths": [post(`${whole}\r\nContent-Length: 5`, body), [400]],
    "a list of lengths": [post(`Content-Length: ${body.length}, ${body.length}`, body), [400]],
    "a length and chunks": [post(`${whole}\r\n${chunked}`, "0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n"), [400]],
    "a blank before the colon": [post("Transfer-Encoding : chunked", "0\r\n\r\n"), [400]],
    "another coding last": [post("Transfer-Encoding: chunked, identity", body), [400]],
    "an unknown coding": [post("Transfer-Encoding: xchunked", body), [400]],
    "a negative length": [post("Content-Length: -1", body), [400]],
    "a length with a sign": [post("Content-Length: +5", body), [400]],
    "a length beyond numbers": [post("Content-Length: 99999999999999999999", body), [400]],
    "chunks that are none": [post(chunked, "zz\r\nabc\r\n"), [400]],
    "a chunk beyond numbers": [post(chunked, "ffffffffffffffffff\r\nabc\r\n"), [400]],
    "a chunk with a long extension": [post(chunked, `1;${"a".repeat(40_000)}\r\n`), [413]],
    "lines without carriage returns": ["GET /healthz HTTP/1.1\nHost: a\n\n", [400]],
    "a NUL in a header": [get("X: a\0b\r\n"), [400]],
    "no host": ["GET /healthz HTTP/1.1\r\n\r\n", [400]],
    "a host that is none": ["GET /v1/models HTTP/1.1\r\nHost: ]]:99999\r\n\r\n", [400]],
    TLS: ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [400]],
    "HTTP/2": ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]],
    "a header beyond bounds": [get(`X: ${"a".repeat(100_000)}\r\n`), [431]],
    "an address beyond bounds": [`GET /${"a".repeat(50_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, [431]],
    "a tunnel": ["CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", []],
  };
  const said = await Promise.all(
    Object.entries(cases).map(async ([name, [text]]) => [name, await statuses(text)]),
  );
  expect(said).toEqual(Object.entries(cases).map(([name, [, expected]]) => [name, expected]));
  const { results } = (await started.call("GET", "/v1/results?model=plant")).body;
  expect(results).toEqual([]);
});

test("requests in a row are answered in their order; a wish for another protocol is passed over", async () => {
  const row = post(whole, body);
  expect(await statuses(row + get("") + row, 3)).toEqual([200, 200, 200]);
  expect(await statuses(get("Connection: Upgrade\r\nUpgrade: websocket\r\n"))).toEqual([200]);
  expect((await started.call("GET", "/v1/results?model=plant")).body.results).toHaveLength(2);
});

test("what does not go on is ended within its time, and so are connections on which nothing comes", async () => {
  const halves = ["GET /heal", "GET /healthz HTTP/1.1\r\nHost: a\r\nX: ", post("Content-Length: 9999", body)];
  const began = performance.now();
  expect(await Promise.all(halves.map((half) => statuses(half)))).toEqual([[408], [408], [408]]);
  const idle = await Promise.all(Array.from({ length: 500 }, () => opened()));
  expect((await started.call("GET", "/healthz")).status).toBe(200);
  await Promise.all(
    idle.map((socket) => {
      const closed = socket.closed || new Promise((end) => socket.once("close", end));
      socket.resume();
      return closed;
    }),
  );
  expect(performance.now() - began).toBeLessThan(60_000);
});

test("callers that go in the middle leave nothing behind", async () => {
  const many = JSON.stringify(plantRows(2000, 1));
  const leave = async (text: string, once: "sent" | "answered"): Promise<void> => {
    const socket = await opened(text);
    if (once === "answered") await new Promise((resolve) => socket.once("data", resolve));
    socket.resetAndDestroy();
  };
  const score = post(`Content-Length: ${many.length}`, many);
  const half = score.slice(0, score.length / 2);
  const list = `GET /v1/results?model=plant HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${started.key}\r\n\r\n`;
  await Promise.all([
    ...Array.from({ length: 10 }, () => leave(score, "sent")),
    ...Array.from({ length: 10 }, () => leave(half, "sent")),
    ...Array.from({ length: 10 }, () => leave(list, "answered")),
  ]);
  const held = async (): Promise<string | undefined> =>
    /hypersphere_rows_queued (\d+)/.exec((await started.call("GET", "/metrics")).text)?.[1];
  while ((await held()) !== "0") await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await started.call("POST", "/v1/models/plant/score", plantRows(1, 1))).status).toBe(200);
});

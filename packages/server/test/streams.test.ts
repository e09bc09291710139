/** Rows that are answered one by one, while others of the same request are still to come. */
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inOrder } from "../src/http/answer-stream.js";
import { csvOf, ODD, plantRows, pumpRows } from "./support/models.js";
import { type Started, start } from "./support/start.js";

const LINES = "application/x-ndjson";
const SCORE = "/v1/models/plant/score";
const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

let service: Started & { key: string };
const settings = { maxBodyBytes: 100_000, maxStreams: 2, bodySeconds: 2, maxQueuedRows: 2000 };
beforeAll(async () => {
  service = await start({ settings });
});
afterAll(() => service.stop());

/** A request whose body and answer go on at the same time. */
class Conversation {
  readonly request: ClientRequest;
  readonly said: unknown[] = [];
  readonly status: Promise<number>;
  readonly ended: Promise<unknown[]>;
  #rest = "";
  #hear = (): void => {};

  constructor(path: string, { type = LINES, key = service.key } = {}) {
    const headers = { authorization: `Bearer ${key}`, "content-type": type, accept: LINES };
    this.request = request(`${service.service.url}${path}`, { method: "POST", headers });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      // Later than its answer, an error is that the rest was not taken.
      this.request.once("response", resolve).on("error", reject);
    });
    this.status = answer.then(({ statusCode }) => statusCode!);
    this.ended = answer.then(async (incoming) => {
      for await (const piece of incoming.setEncoding("utf8")) {
        const texts = `${this.#rest}${piece}`.split("\n");
        this.#rest = texts.pop()!;
        this.said.push(...texts.map((text) => JSON.parse(text)));
        this.#hear();
      }
      return this.said;
    });
    this.ended.catch(() => {});
  }

  write(text: string | Uint8Array): void {
    this.request.write(text);
  }

  end(text = ""): Promise<unknown[]> {
    this.request.end(text);
    return this.ended;
  }

  async hears(count: number): Promise<void> {
    while (this.said.length < count) {
      await new Promise<void>((resolve) => {
        this.#hear = resolve;
      });
    }
  }
}

const post = (body: string | Uint8Array, headers: Record<string, string>, path = SCORE) =>
  service.call("POST", path, body, { headers: { accept: LINES, ...headers } });
const linesIn = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const rows = [...plantRows(20, 5), ODD];
let expected: { score: number; pValue: number }[];
beforeAll(async () => {
  expected = (await service.call("POST", SCORE, rows)).body.rows;
});
const scoresOf = (said: readonly unknown[]) => said.map((line) => (line as { score?: number }).score);

describe("rows of tables", () => {
  test("are answered while others are still to come, and are stored as one request", async () => {
    const talk = new Conversation(`${SCORE}?entityColumn=unit`);
    const named = rows.map((row) => ({ ...row, unit: "duplex" }));
    talk.write(lines(named.slice(0, 4)));
    await talk.hears(4);
    expect(scoresOf(talk.said)).toEqual(expected.slice(0, 4).map(({ score }) => score));
    // Half a line is no row yet.
    const [next] = [lines(named.slice(4, 5))];
    talk.write(next!.slice(0, 20));
    talk.write(next!.slice(20));
    await talk.hears(5);
    const said = await talk.end(lines(named.slice(5)));
    expect(scoresOf(said.slice(0, -1))).toEqual(expected.map(({ score }) => score));
    expect(said.at(-2)).toMatchObject({ row: 20, isAnomaly: true, version: 1, incident: expect.any(Number) });
    expect(said.at(-1)).toEqual({ done: { rows: 21, scored: 21, flagged: 1, refused: 0 } });
    const { results } = (await service.call("GET", "/v1/results?model=plant&entity=duplex")).body;
    expect(results.map(({ row }: { row: number }) => row).sort((a: number, b: number) => a - b)).toEqual(
      rows.map((_, k) => k),
    );
    expect(new Set(results.map((one: { request: string }) => one.request)).size).toBe(1);
    const ids = said.slice(0, -1).map((line) => (line as { id: number }).id);
    expect(results.map(({ id }: { id: number }) => id).sort()).toEqual(ids.sort());
  });

  test("of CSV have the scores of the file, packed or not; lines that are none take no others with them", async () => {
    const text = csvOf(rows)
      .replace("\n", ",note\n")
      .replaceAll(/(run|idle)$/gm, '$1,"a ""b""\nc"');
    const file = await service.call("POST", SCORE, text, { headers: { "content-type": "text/csv" } });
    for (const body of [text, gzipSync(text)]) {
      const encoding = typeof body === "string" ? {} : { "content-encoding": "gzip" };
      const { status, text: said } = await post(body, { "content-type": "text/csv", ...encoding });
      expect(status).toBe(200);
      expect(scoresOf(linesIn(said).slice(0, -1))).toEqual(scoresOf(file.body.rows));
    }
    const odd = "flow,load,mode\n0.5,-6,run\n1,2\n0.5,,run\nmuch,2,run\n0.5,-6,run";
    const said = linesIn((await post(odd, { "content-type": "text/csv" })).text);
    expect(said[1]).toMatchObject({
      row: 1,
      error: { code: "invalid-request", message: /^Line 3 .* 2 fields/ },
    });
    expect(said[3]).toMatchObject({ row: 3, error: { message: expect.stringContaining("much") } });
    const alone = "flow,load,mode\n0.5,,run\n0.5,-6,run";
    const { body } = await service.call("POST", SCORE, alone, { headers: { "content-type": "text/csv" } });
    expect([said[2].score, said[0].score, said[4].score]).toEqual(
      [0, 1, 1].map((place) => body.rows[place].score),
    );
    expect(said.at(-1)).toEqual({ done: { rows: 5, scored: 3, flagged: expect.any(Number), refused: 2 } });
  });

  test("that cannot be read are told one by one, also where none can", async () => {
    const { status, text } = await post('{"flow":\n[1]\n\n{"pressure":1}\n', { "content-type": LINES });
    expect(status).toBe(200);
    expect(linesIn(text)).toMatchObject([
      { row: 0, error: { code: "invalid-request", message: expect.stringContaining("Line 1 of the body") } },
      { row: 1, error: { code: "unfit-data" } },
      { row: 2, error: { code: "schema-mismatch" } },
      { done: { rows: 3, scored: 0, flagged: 0, refused: 3 } },
    ]);
  });

  test("may be more than a body that is read as a whole", async () => {
    const many = plantRows(3000);
    const body = lines(many);
    expect(body.length).toBeGreaterThan(settings.maxBodyBytes);
    const { text } = await post(body, { "content-type": LINES }, `${SCORE}?results=none`);
    const said = linesIn(text);
    expect(said.at(-1)).toMatchObject({ done: { rows: 3000, scored: 3000 } });
    expect(said.slice(0, -1).map(({ row, id }) => [row, id])).toEqual(many.map((_, k) => [k, null]));
  });
});

test("what is read as a whole is answered in lines, too", async () => {
  const pump = lines(pumpRows(60));
  const whole = await service.call("POST", "/v1/models/pump/score", pump, {
    headers: { "content-type": LINES },
  });
  const { text } = await post(pump, { "content-type": LINES }, "/v1/models/pump/score");
  expect(scoresOf(linesIn(text).slice(0, -1))).toEqual(scoresOf(whole.body.rows));
  const json = linesIn((await post(JSON.stringify(rows), { "content-type": "application/json" })).text);
  expect(scoresOf(json.slice(0, -1))).toEqual(scoresOf(expected));
  expect(json.at(-1)).toEqual({ done: { rows: 21, scored: 21, flagged: 1, refused: 0 } });
});

describe("what goes wrong", () => {
  test("in the middle is the last line, and the rows before it are kept", async () => {
    const good = lines(rows.slice(0, 3).map((row) => ({ ...row, unit: "middle" })));
    const path = `${SCORE}?entityColumn=unit`;
    const cases: [string, string, object][] = [
      [LINES, `${good}{"flow":"${"1".repeat(2 ** 21)}`, { code: "too-large", status: 413 }],
      [
        "text/csv",
        `flow,load,mode,unit\n0.5,-6,run,middle\n0.5,"${"1".repeat(2 ** 21)}`,
        { code: "too-large" },
      ],
    ];
    for (const [type, body, problem] of cases) {
      const talk = new Conversation(path, { type });
      const said = await talk.end(body);
      expect(said.at(-1)).toMatchObject({
        type: expect.stringContaining("urn:hypersphere:problem:"),
        ...problem,
      });
      expect(scoresOf(said.slice(0, -1)).every((score) => typeof score === "number")).toBe(true);
      expect(said.length).toBe(type === LINES ? 4 : 2);
    }
    const { results } = (await service.call("GET", "/v1/results?model=plant&entity=middle")).body;
    expect(results).toHaveLength(4);
  });

  test("before the first row is refused as ever", async () => {
    const statusOf = async (...call: Parameters<typeof post>) => (await post(...call)).status;
    const csv = { "content-type": "text/csv" };
    expect(await statusOf("", { "content-type": LINES })).toBe(400);
    expect(await statusOf("flow,flow\n1,2\n", csv)).toBe(400);
    expect(await statusOf("no gzip", { ...csv, "content-encoding": "gzip" })).toBe(400);
    expect(await statusOf("<a/>", { "content-type": "text/xml" })).toBe(415);
    expect(await statusOf(lines(rows), { "content-type": LINES, "idempotency-key": "one" })).toBe(400);
    expect(await statusOf(lines(rows), { "content-type": LINES }, "/v1/models/none/score")).toBe(404);
    const { key } = (await service.call("POST", "/v1/keys", { name: "r", role: "review" })).body;
    const headers = { accept: LINES, "content-type": LINES };
    expect((await service.call("POST", SCORE, lines(rows), { key, headers })).status).toBe(403);
  });

  test("no further row, in its time; a key that was revoked meanwhile", async () => {
    const made = (await service.call("POST", "/v1/keys", { name: "gone", role: "score" })).body;
    const [silent, revoked] = [new Conversation(SCORE), new Conversation(SCORE, { key: made.key })];
    for (const talk of [silent, revoked]) talk.write(lines(rows.slice(0, 1)));
    await Promise.all([silent.hears(1), revoked.hears(1)]);
    await service.call("DELETE", `/v1/keys/${made.id}`);
    revoked.write(lines(rows.slice(1, 2)));
    expect((await revoked.ended).slice(1)).toMatchObject([{ code: "unauthorized", status: 401 }]);
    expect((await silent.ended).slice(1)).toMatchObject([{ code: "timeout", status: 408 }]);
  });

  test("streams beyond the bound are told to come again; one whose caller has gone makes room", async () => {
    const talks = [new Conversation(SCORE), new Conversation(SCORE)];
    for (const talk of talks) talk.write(lines(rows.slice(0, 1)));
    await Promise.all(talks.map((talk) => talk.hears(1)));
    const refused = await post(lines(rows), { "content-type": LINES });
    expect([refused.status, refused.body.code, refused.headers.get("retry-after")]).toEqual([
      429,
      "busy",
      "1",
    ]);
    talks[0]!.request.destroy();
    const again = async () => (await post(lines(rows), { "content-type": LINES })).status;
    await expect.poll(again).toBe(200);
    expect(await talks[1]!.end()).toHaveLength(2);
  });
});

test("a service that stops ends its streams, after what they had", async () => {
  const first = service;
  service = await start({ settings });
  try {
    const talk = new Conversation(SCORE);
    talk.write(lines(rows.slice(0, 2)));
    await talk.hears(2);
    await service.stop();
    expect((await talk.ended).slice(2)).toMatchObject([{ code: "unavailable", status: 503 }]);
  } finally {
    service = first;
  }
});

test("answers keep their order, and no more is asked for than is worked on or waits to be taken", async () => {
  let given = 0;
  async function* numbers() {
    for (; given < 20; given++) yield given;
  }
  const answers = inOrder(numbers(), 3, async (k) => {
    await new Promise((resolve) => setTimeout(resolve, (20 - k) % 4));
    if (k === 12) throw new Error("twelve");
    return k;
  });
  const taken: number[] = [];
  const all = (async () => {
    for await (const k of answers) {
      taken.push(k);
      await new Promise((resolve) => setTimeout(resolve, 2));
      expect(given - k).toBeLessThanOrEqual(3);
    }
  })();
  await expect(all).rejects.toThrow("twelve");
  expect(taken).toEqual(Array.from({ length: 12 }, (_, k) => k));
});

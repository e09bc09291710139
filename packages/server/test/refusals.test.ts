/** What must not get through: each is refused with a problem that says why, and the service goes on. */

import { existsSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync, gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { imagesFrom, Pca } from "hypersphere";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endlessModel, hungryModel } from "../../../test/strange-models.js";
import { expectProblem } from "./support/expect-problem.js";
import { ODD, plantRows } from "./support/models.js";
import { type Answer, modelsFolder, type Started, start } from "./support/start.js";

let service: Started & { key: string };
let keys: Record<"score" | "review", string>;
const settings = {
  maxBodyBytes: 100_000,
  maxUnpackedBytes: 200_000,
  maxRows: 500,
  maxModelBytes: 5_000_000,
  bodySeconds: 1,
  strangerSeconds: 2,
  strangerMiB: 512,
};
const SCORE = "/v1/models/plant/score";

beforeAll(async () => {
  service = await start({ settings });
  const make = async (role: string): Promise<string> =>
    (await service.call("POST", "/v1/keys", { name: role, role })).body.key;
  keys = { score: await make("score"), review: await make("review") };
});
afterAll(() => service.stop());

describe("keys", () => {
  test.each([
    ["none", undefined],
    ["another scheme", "Basic YTpi"],
    ["one that never was", `Bearer hs_${"a".repeat(43)}`],
    ["SQL", "Bearer ' or 1=1 --"],
    ["a long one", `Bearer hs_${"a".repeat(8000)}`],
  ])("%s is refused", async (_, authorization) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const answer = await service.call("GET", "/v1/models", undefined, { key: undefined, headers });
    expectProblem(answer, 401, "unauthorized");
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("a role does what it is for, and nothing else", async () => {
    const allowed = {
      score: ["GET /v1/models", "GET /v1/models/plant", "GET /metrics", `POST ${SCORE}`],
      review: ["GET /v1/models", "GET /v1/results?model=plant", "GET /v1/incidents"],
    };
    const forbidden = {
      score: [
        "GET /v1/results?model=plant",
        "GET /v1/incidents",
        "GET /v1/results/1",
        "GET /v1/keys",
        "GET /v1/audit",
      ],
      review: [`POST ${SCORE}`, "POST /v1/models?name=x", "GET /v1/keys", "POST /v1/models/plant/rollback"],
    };
    for (const role of ["score", "review"] as const) {
      const ask = async (line: string): Promise<Answer> => {
        const [method, path] = line.split(" ") as [string, string];
        return service.call(method, path, method === "POST" ? [ODD] : undefined, { key: keys[role] });
      };
      for (const line of allowed[role]) expect([line, (await ask(line)).status]).toEqual([line, 200]);
      for (const line of forbidden[role]) expectProblem(await ask(line), 403, "forbidden");
    }
  });

  test("a revoked key is refused at once; the last admin key stays", async () => {
    const { body } = await service.call("POST", "/v1/keys", { name: "gone", role: "score" });
    expect((await service.call("POST", SCORE, [ODD], { key: body.key })).status).toBe(200);
    expect((await service.call("DELETE", `/v1/keys/${body.id}`)).status).toBe(204);
    expectProblem(await service.call("POST", SCORE, [ODD], { key: body.key }), 401, "unauthorized");
    expectProblem(await service.call("DELETE", `/v1/keys/${body.id}`), 404, "not-found");
    expectProblem(await service.call("DELETE", "/v1/keys/1"), 409, "conflict");
    const { keys: listed } = (await service.call("GET", "/v1/keys")).body;
    expect(JSON.stringify(listed)).not.toContain(body.key);
    expect(listed.find(({ name }: { name: string }) => name === "gone").revokedAt).toEqual(
      expect.any(String),
    );
  });

  test("a key that asks too often has to wait, and no other with it", async () => {
    const { body } = await service.call("POST", "/v1/keys", { name: "slow", role: "score", perMinute: 60 });
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => service.call("GET", "/v1/models", undefined, { key: body.key })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(2);
    expectProblem(refused[0]!, 429, "rate-limited");
    expect(Number(refused[0]!.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await service.call("GET", "/v1/models")).status).toBe(200);
  });
});

describe("bodies", () => {
  const csv = { headers: { "content-type": "text/csv" } };
  const json = { headers: { "content-type": "application/json" } };
  const wide = gzipSync(`[{${Array.from({ length: 20_001 }, (_, k) => `"${k.toString(36)}":0`).join(",")}}]`);
  const nested = (count: number) => JSON.stringify([{ ...ODD, list: new Array(count).fill([]) }]);
  const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`.slice(0, 90_000);
  test.each<[string, string | Uint8Array, { headers: Record<string, string> }, number, string]>([
    ["broken JSON", '[{"flow": 1', json, 400, "invalid-request"],
    ["JSON that is no list", '{"flow": 1}', json, 400, "invalid-request"],
    ["JSON that is no UTF-8", new Uint8Array([0x5b, 0x22, 0xff, 0x22, 0x5d]), json, 400, "invalid-request"],
    ["deep JSON", deep, json, 400, "invalid-request"],
    [
      "an object of very many keys",
      wide,
      { headers: { ...json.headers, "content-encoding": "gzip" } },
      400,
      "invalid-request",
    ],
    ["a long list in a row", nested(20_001), json, 400, "invalid-request"],
    [
      "a long list in a line",
      nested(20_001).slice(1, -1),
      { headers: { "content-type": "application/x-ndjson" } },
      400,
      "invalid-request",
    ],
    [
      "too many lines",
      plantRows(501)
        .map((row) => JSON.stringify(row))
        .join("\n"),
      { headers: { "content-type": "application/x-ndjson" } },
      413,
      "too-large",
    ],
    ["no rows", "[]", json, 400, "invalid-request"],
    ["nothing", "", json, 400, "invalid-request"],
    ["rows that are none", '[1, "a", null]', json, 422, "unfit-data"],
    ["other columns", '[{"pressure": 1}]', json, 422, "schema-mismatch"],
    ["other columns in CSV", "pressure\n1\n", csv, 422, "schema-mismatch"],
    ["a CSV that is none", "flow,load\n1,2,3,4\n", csv, 400, "unreadable-data"],
    [
      "a broken line",
      '{"flow":1}\n{"flow":',
      { headers: { "content-type": "application/jsonl" } },
      400,
      "invalid-request",
    ],
    ["a key twice in a row", '[{"flow":1,"load":2},{"flow":1,"flow":2}]', json, 400, "invalid-request"],
    ["a key twice around the rows", '{"rows":[{"flow":1}],"rows":[]}', json, 400, "invalid-request"],
    [
      "a key twice in a line",
      '{"flow":1}\n{"flow":1,"fl\\u006fw":"a:b"}',
      { headers: { "content-type": "application/jsonl" } },
      400,
      "invalid-request",
    ],
    ["no type", "flow\n1", { headers: { "content-type": "" } }, 415, "unsupported-media-type"],
    [
      "a type that is not read",
      "<a/>",
      { headers: { "content-type": "text/xml" } },
      415,
      "unsupported-media-type",
    ],
    ["a gzip file", gzipSync("flow,load,mode\n1,2,run"), csv, 415, "unsupported-media-type"],
    [
      "what is not gzip, as its header says",
      "flow\n1",
      { headers: { ...csv.headers, "content-encoding": "gzip" } },
      400,
      "invalid-request",
    ],
    [
      "a bomb",
      gzipSync("flow,load,mode\n".padEnd(20_000_000, "1,2,run\n")),
      { headers: { ...csv.headers, "content-encoding": "gzip" } },
      413,
      "too-large",
    ],
    ["a large body", `[${JSON.stringify(ODD).padEnd(100_001)}]`, json, 413, "too-large"],
    ["too many rows", JSON.stringify(plantRows(501)), json, 413, "too-large"],
    ["too many rows in CSV", `flow,load,mode\n${"1,2,run\n".repeat(501)}`, csv, 413, "too-large"],
    [
      "an image for a table",
      new Uint8Array([0x89, 0x50]),
      { headers: { "content-type": "image/png" } },
      422,
      "schema-mismatch",
    ],
    [
      "a Parquet file that is none",
      "PAR1",
      { headers: { "content-type": "application/vnd.apache.parquet" } },
      400,
      "unreadable-data",
    ],
  ])("%s: refused", async (_, body, call, status, code) => {
    expectProblem(await service.call("POST", SCORE, body, call), status, code);
  });

  test("a small Parquet file of very many rows is refused", async () => {
    const rows = 2_000_000;
    const column = (name: string) => ({ name, data: new Float32Array(rows), type: "FLOAT" as const });
    const file = parquetWriteBuffer({ columnData: [column("flow"), column("load")] });
    expect(file.byteLength).toBeLessThan(settings.maxBodyBytes);
    const parquet = { headers: { "content-type": "application/vnd.apache.parquet" } };
    expectProblem(await service.call("POST", SCORE, new Uint8Array(file), parquet), 413, "too-large");
  });

  test("an image that says it has 50 000 x 50 000 pixels is refused before it is unpacked", async () => {
    const chunk = (type: string, data: Uint8Array): Buffer => {
      const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
      const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
      length.writeUInt32BE(data.length);
      sum.writeUInt32BE(crc32(body));
      return Buffer.concat([length, body, sum]);
    };
    const head = Buffer.alloc(13);
    head.writeUInt32BE(50_000, 0);
    head.writeUInt32BE(50_000, 4);
    head.set([8, 2], 8);
    const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const pixels = deflateSync(Buffer.alloc(10_000_000));
    const png = Buffer.concat([
      ...[signature, chunk("IHDR", head), chunk("IDAT", pixels), chunk("IEND", new Uint8Array())],
    ]);
    const data = Uint8Array.from({ length: 40 * 64 }, (_, k) => (k * 37) % 251);
    const images = imagesFrom({ data, count: 40, height: 8, width: 8, channels: 1 });
    const model = await new Pca({ seed: 1 }).fit(images);
    const upload = { headers: { "content-type": "application/octet-stream" } };
    expect((await service.call("POST", "/v1/models?name=photo", model.toBytes(), upload)).status).toBe(201);
    expect((await service.call("POST", "/v1/models/photo/activate", { version: 1 })).status).toBe(200);
    const before = process.memoryUsage().rss;
    const answer = await service.call("POST", "/v1/models/photo/score", png, {
      headers: { "content-type": "image/png" },
    });
    expectProblem(answer, 400, "unreadable-data");
    expect(answer.body.detail).toMatch(/^the body: .* 50000 x 50000 pixels/);
    expect(process.memoryUsage().rss - before).toBeLessThan(500e6);
  });

  test("a zip file is no table, whatever it is called", async () => {
    const zip = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), Buffer.alloc(1000)]);
    for (const type of ["text/csv", "application/vnd.apache.parquet"]) {
      const answer = await service.call("POST", SCORE, zip, { headers: { "content-type": type } });
      expectProblem(answer, 400, "unreadable-data");
    }
  });

  test("100 MB of JSON are refused by their size, said or not", async () => {
    const large = `[${" ".repeat(100_000_000)}]`;
    const bomb = gzipSync(large.slice(0, 50_000_000));
    // As it is sent, it is below the bound: what it becomes is not.
    expect(bomb.length).toBeLessThan(settings.maxBodyBytes);
    const packed = { headers: { ...json.headers, "content-encoding": "gzip" } };
    expectProblem(await service.call("POST", SCORE, bomb, packed), 413, "too-large");
    const said = await service.call("POST", SCORE, large, json).catch((error) => error);
    // The answer may come before the body has been taken, which clients take for an error.
    if ("status" in said) expectProblem(said, 413, "too-large");
    else expect(String(said)).toMatch(/fetch failed/);
    // Nor has the client, then, a connection that still works: another is made.
    const next = async () => (await service.call("GET", "/v1/models").catch(() => ({ status: 0 }))).status;
    await expect.poll(next).toBe(200);
  });

  test("a body that does not say how large it is is counted", async () => {
    const piece = new TextEncoder().encode("1,2,run\n".repeat(1000));
    let left = 100;
    const body = new ReadableStream({
      pull: (controller) => (left-- > 0 ? controller.enqueue(piece) : controller.close()),
    });
    const response = await fetch(`${service.service.url}${SCORE}`, {
      ...{ method: "POST", body, duplex: "half" },
      headers: { authorization: `Bearer ${keys.score}`, "content-type": "text/csv" },
    } as RequestInit).catch((error) => error);
    // The answer may come before the body has been taken, which clients take for an error.
    if (response instanceof Response) expect(response.status).toBe(413);
    expect((await service.call("GET", "/v1/models")).status).toBe(200);
  });

  test("a body that does not arrive ends the connection", async () => {
    const { port } = new URL(service.service.url);
    const socket = createConnection(Number(port), "127.0.0.1");
    socket.write(
      `POST ${SCORE} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${keys.score}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n[`,
    );
    let said = "";
    socket.on("data", (text) => {
      said += String(text);
    });
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("close", resolve));
    expect(said).toMatch(/^(HTTP\/1\.1 (408|400|500|503)|$)/);
  });

  test("small bodies of other routes are bounded too", async () => {
    const comment = "a".repeat(70_000);
    expectProblem(
      await service.call("POST", "/v1/results/1/verdicts", { verdict: "normal", comment }),
      413,
      "too-large",
    );
  });

  test("small bodies are read in pieces as well, and up to the bound", async () => {
    const pieces = (text: string) =>
      fetch(`${service.service.url}/v1/models/plant/operating-points/pieces`, {
        ...{ method: "PUT", duplex: "half" },
        body: new Blob([text.slice(0, 5), text.slice(5)]).stream(),
        headers: { authorization: `Bearer ${service.key}`, ...json.headers },
      } as RequestInit);
    expect((await pieces('{"rule": "percentile 99"}')).status).toBe(200);
    const large = await pieces(JSON.stringify({ rule: "a".repeat(70_000) })).catch((error) => error);
    // The answer may come before the body has been taken, which clients take for an error.
    if (large instanceof Response) expect(large.status).toBe(413);
  });

  test("a key that stands twice is refused in small bodies too", async () => {
    const twice = '{"verdict": "normal", "verdict": "anomaly"}';
    const answer = await service.call("POST", "/v1/results/1/verdicts", twice, json);
    expectProblem(answer, 400, "invalid-request");
    expect(answer.body.detail).toContain('"verdict" more than once');
  });
});

describe("names and queries", () => {
  test.each([
    "/v1/models/..%2f..%2fetc%2fpasswd",
    "/v1/models/%2e%2e%2fplant/score",
    "/v1/models/a..b",
    "/v1/models/plant%00",
    "/v1/models/<script>alert(1)<%2fscript>",
    "/v1/models/plant';drop table results;--",
    `/v1/models/${"a".repeat(65)}`,
    "/v1/results?model=plant'--",
    "/v1/results?model=plant&limit=0",
    "/v1/results?model=plant&limit=100000",
    "/v1/results?model=plant&cursor=bm9uZQ",
    "/v1/results?model=plant&from=yesterday",
    "/v1/results?model=plant&entity=%00",
    "/v1/results",
    "/v1/results/0",
    "/v1/results/1e99",
  ])("%s: refused", async (path) => {
    const answer = await service.call(
      path.includes("/score") ? "POST" : "GET",
      path,
      path.includes("/score") ? [ODD] : undefined,
    );
    expect([400, 404]).toContain(answer.status);
    expectProblem(answer, answer.status, answer.body.code);
  });

  test("SQL in what is looked for is text", async () => {
    const entity = encodeURIComponent("' or '1'='1");
    const { status, body } = await service.call("GET", `/v1/results?model=plant&entity=${entity}`);
    expect([status, body.results]).toEqual([200, []]);
    const name = "x'; drop table results; --";
    const answer = await service.call("POST", `${SCORE}?entityColumn=${encodeURIComponent("unit")}`, [
      { ...ODD, unit: name },
    ]);
    expect(answer.status).toBe(200);
    const listed = await service.call("GET", `/v1/results?model=plant&entity=${encodeURIComponent(name)}`);
    expect(listed.body.results).toHaveLength(1);
  });

  test("what is not there is not found", async () => {
    expectProblem(await service.call("POST", "/v1/models/none/score", [ODD]), 404, "not-found");
    expectProblem(await service.call("POST", `${SCORE}?operatingPoint=none`, [ODD]), 404, "not-found");
    expectProblem(await service.call("GET", "/v1/results/999999"), 404, "not-found");
    expectProblem(await service.call("GET", "/nothing"), 404, "not-found");
    expectProblem(await service.call("GET", "/v1/models/plant/versions/9/card"), 404, "not-found");
    const wrong = await service.call("DELETE", "/v1/models");
    expectProblem(wrong, 405, "method-not-allowed");
    expect(wrong.headers.get("allow")).toBe("GET, POST");
  });

  test("parameters with a slip in their names are refused, and scores that no model can have", async () => {
    for (const [method, path] of [
      ["POST", `${SCORE}?entityColum=unit`],
      ["GET", "/v1/results?model=plant&flaged=true"],
      ["GET", "/v1/incidents?review=false"],
      ["GET", "/v1/overview?day=3"],
    ] as const) {
      const body = method === "POST" ? [ODD] : undefined;
      expectProblem(await service.call(method, path, body), 400, "invalid-request");
    }
    const point = "/v1/models/plant/operating-points/huge";
    expectProblem(await service.call("PUT", point, { threshold: 1e39 }), 400, "invalid-request");
  });
});

describe("uploads", () => {
  test.each<[string, () => Promise<Uint8Array>]>([
    ["no model", async () => new TextEncoder().encode("hello")],
    [
      "a model that was cut off",
      async () => readFileSync(join(await modelsFolder(), "plant.onnx")).subarray(0, 1000),
    ],
    [
      "a model that was changed",
      async () => {
        const file = readFileSync(join(await modelsFolder(), "plant.onnx"));
        file[file.length >> 1]! ^= 1;
        return file;
      },
    ],
  ])("%s: refused", async (_, file) => {
    const answer = await service.call("POST", "/v1/models?name=stranger", await file(), {
      headers: { "content-type": "application/octet-stream" },
    });
    expectProblem(answer, 422, "invalid-model");
    expectProblem(await service.call("GET", "/v1/models/stranger"), 404, "not-found");
  });

  test.each([
    ["never comes to an end", endlessModel],
    ["takes 8 GB", hungryModel],
  ])("a model that %s is ended, not taken, and others are asked meanwhile", async (_, file) => {
    const upload = service.call("POST", "/v1/models?name=stranger", await file(), {
      headers: { "content-type": "application/octet-stream" },
    });
    expect((await service.call("POST", SCORE, [ODD])).status).toBe(200);
    expectProblem(await upload, 422, "invalid-model");
    expectProblem(await service.call("GET", "/v1/models/stranger"), 404, "not-found");
  });

  const cases = fileURLToPath(new URL("../../../../shared/cases/files", import.meta.url));
  test
    .skipIf(!existsSync(cases))
    .each(["card_no_schema.onnx", "card_thr_null.onnx", "model-reads-cwd-file.onnx"])(
    "%s, a file that did harm once: refused",
    async (name) => {
      const answer = await service.call("POST", "/v1/models?name=stranger", readFileSync(join(cases, name)), {
        headers: { "content-type": "application/octet-stream" },
      });
      expectProblem(answer, 422, "invalid-model");
    },
  );

  test("a large file, and a name that leads elsewhere: refused", async () => {
    const headers = { "content-type": "application/octet-stream" };
    const large = new Uint8Array(5_000_001);
    expectProblem(await service.call("POST", "/v1/models?name=a", large, { headers }), 413, "too-large");
    expectProblem(
      await service.call("POST", "/v1/models?name=..%2Fa", "x", { headers }),
      400,
      "invalid-request",
    );
  });
});

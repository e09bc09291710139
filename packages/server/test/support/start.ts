import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { type Service, startService } from "../../src/index.js";
import type { Settings } from "../../src/settings.js";
import { openStore } from "../../src/store/index.js";
import { undescribed } from "./described.js";
import { writeModels } from "./models.js";

export interface Started {
  readonly service: Service;
  readonly data: string;
  /** Sends a request, as an administrator where no other key is named. */
  call(method: string, path: string, body?: unknown, more?: Call): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Call {
  readonly key?: string | undefined;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what the tests look into
  readonly body: any;
  readonly text: string;
}

const scratch = mkdtempSync(join(tmpdir(), "hypersphere-service-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
let count = 0;

export const emptyFolder = (): string => {
  const folder = join(scratch, String(count++));
  mkdirSync(folder);
  return folder;
};

let made: Promise<{ models: string; database: string }> | undefined;

/** Models, and an empty database with its tables: made once, since the database takes seconds to begin with. */
function templates(): Promise<{ models: string; database: string }> {
  made ??= (async () => {
    const database = emptyFolder();
    await (await openStore({ folder: database })).close();
    return { models: await writeModels(emptyFolder()), database };
  })();
  return made;
}

export const modelsFolder = async (): Promise<string> => (await templates()).models;

/** A folder with an empty embedded database. */
export async function dataFolder(): Promise<string> {
  const data = emptyFolder();
  cpSync((await templates()).database, data, { recursive: true });
  return data;
}

/** A service on a free port, with the models "plant" (a table) and "pump" (a series). */
export async function start({
  settings,
  data,
  key,
  database,
}: {
  settings?: Partial<Settings>;
  /** Of a service that was stopped, with the key of its administrator. */
  data?: string;
  key?: string;
  database?: string;
} = {}): Promise<Started & { key: string }> {
  const folder = data ?? (database === undefined ? await dataFolder() : emptyFolder());
  const service = await startService({
    ...{ models: await modelsFolder(), data: folder, database, settings },
    log: pino({ level: "silent" }),
  });
  const admin = key ?? service.firstKey!;
  return {
    ...{ service, data: folder, key: admin },
    call: (method, path, body, more) => call(service.url, method, path, body, { key: admin, ...more }),
    stop: () => service.close(),
  };
}

async function call(
  url: string,
  method: string,
  path: string,
  body: unknown,
  { key, headers = {} }: Call,
): Promise<Answer> {
  const raw = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && !raw && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: raw ? (body as BodyInit) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const type = response.headers.get("content-type");
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: /[/+]json/.test(type ?? "") ? JSON.parse(text) : undefined,
  };
  const { status, body: said } = answer;
  const wrong = await undescribed(url, { method, path }, { status, type, body: said });
  if (wrong !== undefined) throw new Error(`The answer is not as described: ${wrong}`);
  return answer;
}

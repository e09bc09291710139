import { mkdir, mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { type Logger, pino } from "pino";
import { Callers, firstKey } from "./auth/index.js";
import { DriftWatch } from "./drift/index.js";
import { boundArrival, createApp, Gate, type Services, Turns } from "./http/index.js";
import { closeIncidents } from "./incidents/index.js";
import { Foreman } from "./jobs/index.js";
import { Metrics } from "./metrics.js";
import { ActiveModels, importFolder, LoadedModels } from "./models/index.js";
import { Problem } from "./problem.js";
import { addUpCounts, ResultWriter } from "./results/index.js";
import { Retention } from "./retention.js";
import { Explaining, KeptInputs, Scoring } from "./scoring/index.js";
import { DEFAULT_SETTINGS, type Settings } from "./settings.js";
import { openStore, type Store } from "./store/index.js";
import { Postman } from "./webhooks/index.js";

export interface ServiceOptions {
  /** Folder of model files to begin with; each is a version of the model of its name. */
  readonly models?: string | undefined;
  /** Folder of everything that the service keeps; made where it is not there. */
  readonly data: string;
  /** A PostgreSQL server instead of the embedded database: postgres://user:password@host/name. */
  readonly database?: string | undefined;
  /** Public Ed25519 key, as a path or PEM text, that each model has to be signed with. */
  readonly verifyKey?: string | undefined;
  /** 0 for a free one. */
  readonly port?: number | undefined;
  /** Default 127.0.0.1: other machines reach the service through a proxy that speaks TLS. */
  readonly host?: string | undefined;
  readonly settings?: Partial<Settings> | undefined;
  /** Default: JSON lines to standard error. */
  readonly log?: Logger | undefined;
}

export interface Service {
  /** Such as http://127.0.0.1:8080. */
  readonly url: string;
  /** A key for administrators, on the first start alone: it is shown here and kept nowhere. */
  readonly firstKey: string | undefined;
  /** The models of the folder. */
  readonly imported: Awaited<ReturnType<typeof importFolder>>;
  /** Ends requests that are being answered, takes no others, and closes the database. */
  close(): Promise<void>;
}

const POST_MS = 500;
const JOBS_MS = 1000;
/** Large bodies that are read and scored at a time: while one is scored, the next is read. */
const LARGE_AT_ONCE = 2;

/**
 * Starts the service; it answers once this resolves.
 *
 * @example
 * const service = await startService({ models: "models", data: "service-data", port: 8080 });
 * process.once("SIGTERM", () => service.close());
 *
 * @throws Problem, HypersphereError for files that are no models, a database that cannot be had, a port that is taken
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const log = options.log ?? pino({ name: "hypersphere" }, pino.destination(2));
  await mkdir(options.data, { recursive: true, mode: 0o700 });
  const store = await openStore({
    ...{ folder: options.data, url: options.database, reserveMiB: settings.reserveMiB },
  });
  try {
    const { models, verifyKey } = options;
    const imported = models === undefined ? [] : await importFolder(store.db, models, verifyKey);
    for (const { name, version, active } of imported) {
      if (!active) {
        log.warn(
          { model: name, version },
          "the folder's file does not answer: another version is active; activate this one to have it answer",
        );
      }
    }
    const key = await firstKey(store.db);
    const scratch = await mkdtemp(join(tmpdir(), "hypersphere-service-"));
    const parts = assemble(store, settings, log, { scratch, data: options.data }, options.verifyKey);
    await parts.services.foreman.start(store.kind === "embedded");
    const server = await listen(parts.services, options);
    const sweep = setInterval(() => void parts.sweep(), settings.sweepSeconds * 1000);
    sweep.unref();
    const post = setInterval(() => void parts.post(), POST_MS);
    post.unref();
    const tidy = setInterval(() => void parts.tidy(), settings.retentionSeconds * 1000);
    tidy.unref();
    const jobs = setInterval(() => void parts.work(), JOBS_MS);
    jobs.unref();
    const { port, address } = server.address() as { port: number; address: string };
    const url = `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
    log.info({ url, database: store.kind, models: imported.length }, "listening");
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      clearInterval(sweep);
      clearInterval(post);
      clearInterval(jobs);
      clearInterval(tidy);
      parts.stop();
      // Where the database is away, what they let go of is taken over after a time, as after a kill.
      const idle = Promise.all(
        [parts.postman.stop(), parts.services.foreman.stop(), parts.retention.stop()].map((part) =>
          part.catch((err) => log.warn({ err }, "a part did not end as it should")),
        ),
      );
      await drained(server, settings.drainSeconds);
      await parts.services.scoring.settled();
      await parts.services.loaded.close();
      await idle;
      await store.close();
      await rm(scratch, { recursive: true, force: true });
      log.info("stopped");
    };
    return {
      ...{ url, firstKey: key, imported },
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** What the service is made of, each part given what it needs. */
function assemble(
  store: Store,
  settings: Settings,
  log: Logger,
  { scratch, data }: { scratch: string; data: string },
  verifyKey: string | undefined,
) {
  const { db } = store;
  const metrics = new Metrics();
  const active = new ActiveModels(db);
  const loaded = new LoadedModels(db, scratch, settings);
  const kept = new KeptInputs(db, settings);
  const scoring = new Scoring({
    ...{ active, loaded },
    writer: new ResultWriter(store, settings),
    kept,
    settings: { ...settings, folder: scratch },
    onShadow: (outcome, err) => {
      metrics.shadow.inc({ outcome });
      if (err !== undefined) log.warn({ err }, "shadow failed");
    },
  });
  const postman = new Postman(db, settings, (outcome) => metrics.webhooks.inc({ outcome }));
  const stopping = new AbortController();
  const services: Services = {
    ...{ store, active, loaded, scoring, metrics, log, settings, scratch, verifyKey },
    callers: new Callers(db, settings),
    explaining: new Explaining({ db, active, loaded, settings: { ...settings, folder: scratch } }),
    foreman: new Foreman(db, join(data, "jobs"), settings, log),
    drift: new DriftWatch({ db, active, loaded }),
    requests: new Gate(settings.maxRequests, "requests"),
    streams: new Gate(settings.maxStreams, "streams"),
    turns: new Turns(LARGE_AT_ONCE),
    rows: new Gate(settings.maxQueuedRows, "rows"),
    bodies: new Gate(settings.maxHeldBytes, "bytes of bodies"),
    stopping: stopping.signal,
  };
  const sweep = async (): Promise<void> => {
    try {
      await closeIncidents(db, settings.incidentGapSeconds * 1000, new Date());
    } catch (err) {
      log.warn({ err }, "incidents could not be closed");
    }
    await addUpCounts(store).catch(failing("counts of scores could not be added up"));
  };
  const failing = (what: string) => (err: unknown) => log.warn({ err }, what);
  let posting = false;
  const post = async (): Promise<void> => {
    if (posting) return;
    posting = true;
    await postman.round().catch(failing("webhooks could not be sent"));
    posting = false;
  };
  const retention = new Retention(db, settings, (what, count) => {
    metrics.deleted.inc({ what }, count);
    if (what === "results") kept.forget();
  });
  const { keepResultsDays, keepDeliveriesDays, keepJobsDays, keepAuditDays } = settings;
  for (const [what, days] of Object.entries({
    ...{ results: keepResultsDays, deliveries: keepDeliveriesDays, jobs: keepJobsDays, audit: keepAuditDays },
  })) {
    if (days !== null) metrics.keptDays.set({ what }, days);
  }
  const tidy = (): Promise<void> => retention.round().catch(failing("what is too old could not be deleted"));
  const work = (): Promise<void> => services.foreman.round().catch(failing("jobs could not be begun"));
  return {
    ...{ services, sweep, postman, post, work, retention, tidy },
    stop: () => {
      stopping.abort();
    },
  };
}

async function listen(services: Services, { host = "127.0.0.1", port = 0 }: ServiceOptions): Promise<Server> {
  const { bodySeconds } = services.settings;
  const server = createAdaptorServer({
    fetch: createApp(services).fetch,
    serverOptions: {
      requestTimeout: 0,
      headersTimeout: Math.min(bodySeconds, 15) * 1000,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: 16 * 1024,
    },
  }) as Server;
  boundArrival(server, bodySeconds);
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new Problem("unavailable", `Port ${port} of ${host} cannot be had: ${cause.message}.`, { cause }),
      ),
    );
    server.listen(port, host, () => resolve(server));
  });
}

/** Ends idle connections at once, and busy ones with their answers. */
async function drained(server: Server, seconds: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(timer);
}

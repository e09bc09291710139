import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import { addVersionIn, findModel, listVersions, readFileOf } from "../models/index.js";
import { Problem } from "../problem.js";
import type { Settings } from "../settings.js";
import type { Database } from "../store/index.js";
import { writeJobFile } from "./job-files.js";
import { keepReport } from "./job-reports.js";
import { claimJob, endJob, findJob, keepAlive, releaseJobs, type StoredJob } from "./job-store.js";
import { type Assignment, FILES, type Told } from "./messages.js";
import { type JobRequest, requestSchema } from "./request.js";

type Bounds = Pick<Settings, "jobsAtOnce" | "jobHours" | "jobMiB">;
type Ended = Extract<Told, { kind: "done" | "failed" }>;

/** A job that was begun more often has ended its process each time. */
const MOST_STARTS = 5;
const TELL_MS = 500;
const ALIVE_MS = 5000;
const MOST_COMPLAINT = 2000;

/** Runs jobs, each in a process of its own, at a low priority. */
export class Foreman {
  readonly #db: Database;
  readonly #folder: string;
  readonly #bounds: Bounds;
  readonly #log: Logger;
  readonly #worker = randomUUID();
  readonly #running = new Map<string, { child: ChildProcess | undefined; work: Promise<void> }>();
  #claiming = false;
  #stopped = false;

  /** @param folder for files of jobs and their checkpoints, which outlive the process */
  constructor(db: Database, folder: string, bounds: Bounds, log: Logger) {
    this.#db = db;
    this.#folder = folder;
    this.#bounds = bounds;
    this.#log = log;
  }

  /** @param alone no other process can be running jobs: those that seem to run were lost */
  async start(alone: boolean): Promise<void> {
    if (alone) await releaseJobs(this.#db);
    const left = await readdir(this.#folder).catch(() => []);
    for (const id of left) {
      const { status } = await findJob(this.#db, id).catch(() => ({ status: "failed" as const }));
      if (status !== "queued" && status !== "running") await this.#clear(id);
    }
  }

  /** Begins what waits, as far as there is room. */
  async round(): Promise<void> {
    if (this.#claiming) return;
    this.#claiming = true;
    try {
      while (!this.#stopped && this.#running.size < this.#bounds.jobsAtOnce) {
        const job = await claimJob(this.#db, this.#worker);
        if (job === undefined) return;
        const entry = { child: undefined, work: Promise.resolve() };
        this.#running.set(job.id, entry);
        entry.work = this.#run(job)
          .catch((err) => this.#log.error({ err, job: job.id }, "job failed"))
          .finally(() => this.#running.delete(job.id));
      }
    } finally {
      this.#claiming = false;
    }
  }

  /** Ends a job's process at once, where it runs here. */
  interrupt(id: string): void {
    this.#running.get(id)?.child?.kill("SIGKILL");
  }

  /** Ends all processes; jobs go on from their checkpoints when the service starts again. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { child } of this.#running.values()) child?.kill("SIGKILL");
    await Promise.all([...this.#running.values()].map(({ work }) => work));
    await releaseJobs(this.#db, this.#worker);
  }

  async #run(job: StoredJob): Promise<void> {
    const folder = join(this.#folder, job.id);
    const request = requestSchema.parse(JSON.parse(job.request));
    const outcome = await this.#outcome(job, request, folder).catch((error): Ended => {
      // What passes, such as a database that was away, fails no job: it is begun again once nobody has seen it alive for a while.
      if (error instanceof Problem && error.status >= 500) throw error;
      return { kind: "failed", message: (error as Error).message };
    });
    if (outcome === undefined) {
      // Stopped, or no longer this worker's.
      if (!this.#stopped) await this.#clear(job.id);
      return;
    }
    await this.#end(job, request, folder, outcome);
    await this.#clear(job.id);
  }

  async #outcome(job: StoredJob, request: JobRequest, folder: string): Promise<Ended | undefined> {
    if (job.starts > MOST_STARTS) {
      return {
        kind: "failed",
        message: `The job was begun ${MOST_STARTS} times, and the service ended each time before it did.`,
      };
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeJobFile(this.#db, job.id, FILES.data, join(folder, FILES.data));
    if (request.kind === "refit") {
      const model = await findModel(this.#db, request.model);
      const version = (await listVersions(this.#db, model.id)).find((one) => one.version === request.version);
      await writeFile(join(folder, FILES.from), await readFileOf(this.#db, version!), { mode: 0o600 });
    }
    return this.#supervise(job, { request, folder });
  }

  /** @returns undefined where it was interrupted */
  async #supervise(job: StoredJob, assignment: Assignment): Promise<Ended | undefined> {
    const { jobHours, jobMiB } = this.#bounds;
    const child = fork(childProgram(), [], {
      execArgv: [`--max-old-space-size=${jobMiB}`],
      // Nothing of the service's own, such as the address of its database with the password.
      env: { PATH: process.env["PATH"], TMPDIR: process.env["TMPDIR"] },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const entry = this.#running.get(job.id);
    if (entry !== undefined) entry.child = child;
    if (this.#stopped) child.kill("SIGKILL");
    lowPriority(child);
    let ended: Ended | undefined;
    let progress: string | undefined;
    let lines = logLine(job.starts > 1 ? `Goes on, for the ${job.starts}. time.` : "Begins.");
    let complaint = "";
    let lost = false;
    let told = 0;
    child.stderr?.on("data", (piece) => {
      complaint = (complaint + piece).slice(-MOST_COMPLAINT);
    });
    child.on("message", (message: Told) => {
      if (message.kind === "progress") progress = JSON.stringify(message.progress);
      else if (message.kind === "log") lines += logLine(message.line);
      else ended = message;
    });
    const late = setTimeout(() => {
      ended = { kind: "failed", message: `The job took more than ${jobHours} hours.` };
      child.kill("SIGKILL");
    }, jobHours * 3_600_000);
    let telling = Promise.resolve();
    const tell = async (): Promise<void> => {
      const now = performance.now();
      if (progress === undefined && lines === "" && now - told < ALIVE_MS) return;
      const given = { progress, lines };
      [progress, lines, told] = [undefined, "", now];
      if (await keepAlive(this.#db, job.id, this.#worker, given)) return;
      lost = true;
      child.kill("SIGKILL");
    };
    const tellSafely = (): Promise<void> => {
      telling = telling.then(tell).catch((err) => this.#log.warn({ err }, "progress could not be stored"));
      return telling;
    };
    const timer = setInterval(() => void tellSafely(), TELL_MS);
    const exit = await new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) =>
        resolve(signal === null ? `exit code ${code}` : `signal ${signal}`),
      );
      child.send(assignment, (error) => error && resolve(error.message));
    });
    clearInterval(timer);
    clearTimeout(late);
    await tellSafely();
    if (lost || (this.#stopped && ended === undefined)) return undefined;
    // Cancelled here a moment ago.
    if (ended === undefined && (await findJob(this.#db, job.id)).worker !== this.#worker) return undefined;
    if (ended === undefined) this.#log.error({ job: job.id, exit, complaint }, "the process of a job ended");
    return ended ?? { kind: "failed", message: `The process of the job ended without a result (${exit}).` };
  }

  async #end(job: StoredJob, request: JobRequest, folder: string, outcome: Ended): Promise<void> {
    if (outcome.kind === "failed") {
      const error = [outcome.message, outcome.hint].filter((part) => part !== undefined).join(" ");
      await endJob(this.#db, job.id, this.#worker, async () => ({ status: "failed", error }));
      return;
    }
    const file = await readFile(join(folder, FILES.model));
    await endJob(this.#db, job.id, this.#worker, async (trx) => {
      const { version } = await addVersionIn(trx, {
        ...{ name: request.model, file, card: outcome.card },
        ...{ trusted: request.kind === "train" || request.trusted, source: "job", who: job.created_by },
        ...{ jobId: job.id, comparison: outcome.comparison },
        activate: () => false,
      });
      await keepReport(trx, job.id, folder);
      return { status: "done", result: JSON.stringify({ model: request.model, version }) };
    });
  }

  async #clear(id: string): Promise<void> {
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }
}

const logLine = (text: string): string => `${new Date().toISOString()} ${text}\n`;

/** The program as it was built: tests run the rest from its sources. */
function childProgram(): URL {
  const here = import.meta.url;
  return new URL("./child.js", here.endsWith(".ts") ? here.replace(/\/src\/(?!.*\/src\/)/, "/dist/") : here);
}

/** Requests are answered first. */
function lowPriority({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Where the system does not allow it, it runs as the service does.
  }
}

import { type ChildProcess, fork } from "node:child_process";
import { throwIfAborted } from "../../errors.js";
import type { JobRow } from "../../evaluate/compare/index.js";
import type { JobRequest } from "./job-request.js";

/**
 * Runs jobs in processes side by side and hands over each result as it comes. A job that fails, or whose process dies,
 * yields a row that says so; the others go on.
 *
 * @param timeout seconds after which a job is given up
 */
export async function runJobs(
  jobs: readonly JobRequest[],
  { processes, timeout, signal }: { processes: number; timeout: number; signal: AbortSignal },
  onRow: (row: JobRow) => Promise<void>,
): Promise<void> {
  const running = new Set<ChildProcess>();
  const stop = (): void => {
    for (const child of running) child.kill("SIGKILL");
  };
  signal.addEventListener("abort", stop);
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < jobs.length && !failed) {
      throwIfAborted(signal);
      const row = await runJob(jobs[next++]!, timeout, running);
      // Its process was killed for reasons that are not its own.
      throwIfAborted(signal);
      if (!failed) await onRow(row);
    }
  };
  const workers = Array.from({ length: Math.min(processes, jobs.length) }, async () => {
    try {
      await work();
    } catch (error) {
      failed = true;
      stop();
      throw error;
    }
  });
  try {
    await Promise.all(workers);
  } finally {
    // A result that is being written must be on disk before the process ends.
    await Promise.allSettled(workers);
    signal.removeEventListener("abort", stop);
  }
}

/** The longest that a timer can wait. */
const LONGEST_MILLISECONDS = 2 ** 31 - 1;

function runJob(job: JobRequest, timeout: number, running: Set<ChildProcess>): Promise<JobRow> {
  return new Promise((resolve) => {
    const child = fork(new URL("./worker.js", import.meta.url), [], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    running.add(child);
    let complaint = "";
    let row: JobRow | undefined;
    let late = false;
    const timer = setTimeout(
      () => {
        late = true;
        child.kill("SIGKILL");
      },
      Math.min(timeout * 1000, LONGEST_MILLISECONDS),
    );
    child.stderr!.on("data", (text: Buffer) => {
      complaint = (complaint + text.toString()).slice(-2000);
    });
    child.on("message", (message) => {
      row = message as JobRow;
    });
    child.on("error", (error) => {
      complaint = error.message;
    });
    child.on("close", (code, killedBy) => {
      clearTimeout(timer);
      running.delete(child);
      if (row !== undefined) return resolve(row);
      if (late) return resolve({ ...job.key, error: `Given up after ${timeout} s.` });
      const [reason] = complaint.trim().split("\n");
      const ending = killedBy === null ? `exit code ${code}` : String(killedBy);
      resolve({ ...job.key, error: `The process ended with ${ending}${reason ? `: ${reason}` : ""}` });
    });
    child.send(job);
  });
}

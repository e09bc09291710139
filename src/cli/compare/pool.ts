import type { ChildProcess } from "node:child_process";
import { throwIfAborted } from "../../errors.js";
import type { JobRow } from "../../evaluate/compare/index.js";
import { askProcess } from "../ask-process.js";
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

async function runJob(job: JobRequest, timeout: number, running: Set<ChildProcess>): Promise<JobRow> {
  const found = await askProcess<JobRow>(new URL("./worker.js", import.meta.url), job, { timeout, running });
  return "answer" in found ? found.answer : { ...job.key, error: found.error };
}

import { type ChildProcess, fork } from "node:child_process";
import type { JobRow } from "../../compare/index.js";
import { throwIfAborted } from "../../errors.js";
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
  const work = async (): Promise<void> => {
    while (next < jobs.length) {
      throwIfAborted(signal);
      const row = await runJob(jobs[next++]!, timeout, running);
      throwIfAborted(signal);
      await onRow(row);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(processes, jobs.length) }, work));
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

function runJob(job: JobRequest, timeout: number, running: Set<ChildProcess>): Promise<JobRow> {
  return new Promise((resolve) => {
    const child = fork(new URL("./worker.js", import.meta.url), [], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    running.add(child);
    let complaint = "";
    let row: JobRow | undefined;
    const timer = setTimeout(() => {
      complaint = `given up after ${timeout} seconds`;
      child.kill("SIGKILL");
    }, timeout * 1000);
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
      const [reason] = complaint.trim().split("\n");
      const ending = killedBy === null ? `exit code ${code}` : String(killedBy);
      resolve(row ?? { ...job.key, error: `the process ended with ${ending}${reason ? `: ${reason}` : ""}` });
    });
    child.send(job);
  });
}

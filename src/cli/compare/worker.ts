/**
 * Entry of a worker process: does one job and ends. A process of its own for each job means that a crash costs one
 * result, and that its memory is that job's.
 */
import { type JobRow, runJob } from "../../evaluate/compare/index.js";
import { provideBackend } from "../../runtime/index.js";
import { nodeBackend } from "../../runtime/node/backend.js";
import { openSamples } from "../files/open-samples.js";
import { Output } from "../output.js";
import type { JobRequest } from "./job-request.js";

async function work({ key, contestant, path, reading, protocol, runtime }: JobRequest): Promise<JobRow> {
  try {
    // The pool runs a process per core; one that used several would only take them from the others.
    provideBackend(nodeBackend({ runtime, cores: 1 }));
    const context = {
      output: new Output({ json: false, quiet: true }),
      signal: new AbortController().signal,
    };
    const samples = await openSamples(path, reading, context);
    return await runJob({ ...key, samples, contestant, protocol });
  } catch (error) {
    return { ...key, error: (error as Error).message };
  }
}

// Ctrl-C in a terminal comes here, too: the parent decides what ends, and must not take it for a crash.
process.on("SIGINT", () => {});
// Nobody is left to tell the result to.
process.once("disconnect", () => process.exit(1));
process.once("message", async (request: JobRequest) => {
  const row = await work(request);
  process.send!(row, () => process.exit(0));
});

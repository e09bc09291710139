/**
 * Entry of a worker process: does one job and ends. A process of its own for each job means that a crash costs one
 * result, and that its memory is that job's.
 */

import { dropColumns, splitLabels } from "../../data/index.js";
import { detectors } from "../../detectors/registry.js";
import { type JobRow, runJob } from "../../evaluate/compare/index.js";
import { readTable } from "../../io/index.js";
import { provideBackend } from "../../runtime/index.js";
import { nodeBackend } from "../../runtime/node/backend.js";
import type { JobRequest } from "./job-request.js";

const meters = {
  seconds: () => performance.now() / 1000,
  peakMemoryMiB: () => process.resourceUsage().maxRSS / 1024,
};

async function work({ key, path, data, exclude, protocol, options, runtime }: JobRequest): Promise<JobRow> {
  try {
    // The pool runs a process per core; one that used several would only take them from the others.
    provideBackend(nodeBackend({ runtime, cores: 1 }));
    const { delimiter, header, missing, columnType, labelColumn = "y", normalLabel, anomalyLabel } = data;
    const table = await readTable(path, { delimiter, header, missing, columnTypes: columnType });
    const { features, labels } = splitLabels(table, labelColumn, { normalLabel, anomalyLabel });
    const detector = detectors[key.detector]!.create({ ...options, seed: key.seed });
    const excluded = exclude.filter((name) => name !== labelColumn);
    const used = excluded.length > 0 ? dropColumns(features, excluded) : features;
    return await runJob(key, detector, used, labels, protocol, meters);
  } catch (error) {
    return { ...key, error: (error as Error).message };
  }
}

// Nobody is left to tell the result to.
process.once("disconnect", () => process.exit(1));
process.once("message", async (request: JobRequest) => {
  const row = await work(request);
  process.send!(row, () => process.exit(0));
});

/** Entry of a process that fits models of a fleet, one after the other, until its parent lets go of it. */
import { fitModel } from "../../fleet/fit-model.js";
import type { FleetJob } from "../../fleet/plan-fleet.js";
import { provideBackend } from "../../runtime/index.js";
import { type NodeBackendOptions, nodeBackend } from "../../runtime/node/backend.js";
import { type FitAnswer, type FitSaying, READY } from "./protocol.js";

async function answer(job: FleetJob): Promise<FitAnswer> {
  try {
    return await fitModel(job);
  } catch (error) {
    return { error: (error as Error).message };
  }
}

const say = (saying: FitSaying): boolean => process.send!(saying);

// The pool runs a process per core; one that used several would only take them from the others.
provideBackend(
  nodeBackend({ runtime: process.argv[2] as NonNullable<NodeBackendOptions["runtime"]>, cores: 1 }),
);
// Ctrl-C reaches all processes of a terminal: the parent says when to end.
process.on("SIGINT", () => {});
process.once("disconnect", () => process.exit(0));
process.on("message", async (job: FleetJob) => {
  say(await answer(job));
});
say(READY);

/** Entry of a worker process: measures one setting and ends. */
import { type Measurement, Measuring, measuredSamples, measureOrSay } from "../../evaluate/tune/index.js";
import { observations } from "../../features/index.js";
import { provideBackend } from "../../runtime/index.js";
import { nodeBackend } from "../../runtime/node/backend.js";
import { openSamples } from "../files/open-samples.js";
import { Output } from "../output.js";
import type { TrialRequest } from "./trial-request.js";

async function work(request: TrialRequest): Promise<Measurement | { readonly error: string }> {
  const { detector, given, point, repeats, objective, maxTrain, path, reading, runtime, cores } = request;
  try {
    provideBackend(nodeBackend({ runtime, ...(cores !== undefined && { cores }) }));
    const context = {
      output: new Output({ json: false, quiet: true }),
      signal: new AbortController().signal,
    };
    const samples = measuredSamples(observations(await openSamples(path, reading, context)), objective);
    const setting = { entry: { name: detector }, given, objective, maxTrain };
    return await measureOrSay(new Measuring(samples), setting, point, repeats, {});
  } catch (error) {
    return { error: (error as Error).message };
  }
}

// Ctrl-C in a terminal comes here, too: the parent decides what ends, and must not take it for a crash.
process.on("SIGINT", () => {});
// Nobody is left to tell the result to.
process.once("disconnect", () => process.exit(1));
process.once("message", async (request: TrialRequest) => {
  const found = await work(request);
  process.send!(found, () => process.exit(0));
});

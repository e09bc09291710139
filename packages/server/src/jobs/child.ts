/** The process of one job: whatever the data do to it, the service goes on. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FitOptions, HypersphereError, type Model } from "hypersphere";
import { CheckpointFolder } from "./checkpoint-folder.js";
import { type Assignment, FILES, type Told } from "./messages.js";
import { refit } from "./refit-work.js";
import { train } from "./train-work.js";

const tell = (told: Told): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(told, undefined, undefined, () => resolve());
  });

// A terminal, or whatever stops a group of processes, tells this one too: the service ends it, and keeps what it was doing.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
// Nobody waits for the result any more.
process.once("disconnect", () => process.exit(1));
process.once("message", (assignment: Assignment) => {
  void work(assignment)
    .catch((error) => tell(failure(error, assignment)))
    .finally(() => process.exit(0));
});

async function work({ request, folder }: Assignment): Promise<void> {
  const fitOptions: FitOptions = {
    checkpoint: new CheckpointFolder(
      join(folder, FILES.checkpoint),
      () => void tell({ kind: "log", line: "Goes on from a checkpoint." }),
    ),
    onProgress: (progress) => void tell({ kind: "progress", progress }),
    onWarning: (line) => void tell({ kind: "log", line }),
  };
  const made: { model: Model; comparison?: object } =
    request.kind === "train"
      ? { model: await train(request, folder, fitOptions) }
      : await refit(request, folder, fitOptions);
  await writeFile(join(folder, FILES.model), made.model.toBytes(), { mode: 0o600 });
  await tell({
    kind: "done",
    card: JSON.stringify(made.model.card),
    ...(made.comparison !== undefined && { comparison: JSON.stringify(made.comparison) }),
  });
}

/** What may be told of it: paths of the service's files are not. */
function failure(error: unknown, { folder }: Assignment): Told {
  const clean = (text: string): string =>
    text.replaceAll(new RegExp(`${escaped(join(folder, FILES.data))}(\\.\\w+)?`, "g"), "the data");
  const { message } = error as Error;
  const { hint } = error instanceof HypersphereError ? error : { hint: undefined };
  return {
    kind: "failed",
    message: clean(String(message)),
    ...(hint !== undefined && { hint: clean(hint) }),
  };
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

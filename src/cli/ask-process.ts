import { type ChildProcess, fork } from "node:child_process";

/** The longest that a timer can wait. */
const LONGEST_MILLISECONDS = 2 ** 31 - 1;

export interface AskOptions {
  /** Seconds after which the process is given up. */
  readonly timeout: number;
  /** Processes that run; the one that is asked is among them while it does. */
  readonly running: Set<ChildProcess>;
}

type Reply<Answer> = { readonly answer: Answer } | { readonly error: string };

/**
 * Asks a process of its own: a crash costs one answer, and its memory goes with it. The module sends one message, its answer,
 * for the one that it is sent. A process that somebody else kills, as a system that runs out of memory does, is no answer: it
 * is asked once more.
 *
 * @returns the answer, or the sentence that says why there is none
 */
export async function askProcess<Answer>(
  module: URL,
  request: object,
  options: AskOptions,
): Promise<Reply<Answer>> {
  const first = await askOnce<Answer>(module, request, options);
  if (!("killed" in first)) return first;
  const second = await askOnce<Answer>(module, request, options);
  if (!("killed" in second)) return second;
  return { error: "The process was killed twice (SIGKILL), perhaps because memory ran out." };
}

function askOnce<Answer>(
  module: URL,
  request: object,
  { timeout, running }: AskOptions,
): Promise<Reply<Answer> | { readonly killed: true }> {
  return new Promise((resolve) => {
    const child = fork(module, [], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    running.add(child);
    let complaint = "";
    let answered: { readonly answer: Answer } | undefined;
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
      answered = { answer: message as Answer };
    });
    child.on("error", (error) => {
      complaint = error.message;
    });
    child.on("close", (code, killedBy) => {
      clearTimeout(timer);
      running.delete(child);
      if (answered !== undefined) return resolve(answered);
      if (late) return resolve({ error: `Given up after ${timeout} s.` });
      // `child.killed` says that the signal came from here.
      if (killedBy === "SIGKILL" && !child.killed) return resolve({ killed: true });
      const [reason] = complaint.trim().split("\n");
      const ending = killedBy === null ? `exit code ${code}` : String(killedBy);
      resolve({ error: `The process ended with ${ending}${reason ? `: ${reason}` : ""}` });
    });
    child.send(request);
  });
}

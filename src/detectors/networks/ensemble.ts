import type { Progress, TrainingContext } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";

/** Tells how far a member is: epochs over all of its stages, and the stage at hand. */
export type MemberListener = (
  done: number,
  progress: Pick<Progress, "stage" | "epoch" | "epochs" | "unit" | "loss">,
) => void;

/** What the training of one member has to work with. */
export interface MemberContext {
  readonly member: number;
  readonly runtime: Runtime;
  /** As for the whole fit, but its signal also fires when another member has failed. */
  readonly context: TrainingContext;
  readonly listener: MemberListener;
}

/**
 * Trains the members of an ensemble side by side, on as many runtimes as there are cores, and adds their progress up.
 *
 * @param members how many
 * @param epochs that a member takes at most, over all of its stages
 */
export async function trainMembers<T>(
  members: number,
  epochs: number,
  context: TrainingContext,
  train: (given: MemberContext) => Promise<T>,
): Promise<T[]> {
  const { backend, onProgress } = context;
  const stop = new AbortController();
  const signals = context.signal === undefined ? [stop.signal] : [stop.signal, context.signal];
  const memberContext = { ...context, signal: AbortSignal.any(signals) };
  const runtimes = await backend.open(Math.min(backend.cores, members));
  const done = new Float64Array(members);
  const results = new Array<T>(members);
  let next = 0;
  const work = async (runtime: Runtime): Promise<void> => {
    while (next < members) {
      const member = next++;
      const listener: MemberListener = (count, { stage, ...progress }) => {
        done[member] = count;
        const fraction = done.reduce((sum, each) => sum + each, 0) / (epochs * members);
        onProgress?.({ stage, fraction, member: member + 1, members, ...progress });
      };
      results[member] = await train({ member, runtime, context: memberContext, listener });
      done[member] = epochs;
    }
  };
  // When one fails, the others stop at their next chunk of steps, and only then are the threads closed: a thread that
  // is ended in the middle of a run takes the whole process down with it.
  const failures: unknown[] = [];
  const guarded = async (runtime: Runtime): Promise<void> => {
    try {
      await work(runtime);
    } catch (error) {
      failures.push(error);
      stop.abort(error);
    }
  };
  // Two members share a thread: while one of them waits for what is computed here, the other one trains.
  await Promise.all([...runtimes, ...runtimes].map(guarded));
  await Promise.all(runtimes.map((runtime) => runtime.close()));
  if (failures.length > 0) throw failures[0];
  return results;
}

import { availableParallelism } from "node:os";
import { deflateRawSync } from "node:zlib";
import type { Samples } from "../../data/index.js";
import { HypersphereError, throwIfAborted } from "../../errors.js";
import { fitModel } from "../../fleet/fit-model.js";
import {
  FALLBACK_ENTRY,
  FLEET_FORMAT,
  type FleetEntity,
  type FleetIndex,
  type FleetModelFile,
  INDEX_ENTRY,
  indexText,
} from "../../fleet/fleet-index.js";
import { type FleetPlan, type FleetTraining, planFleet } from "../../fleet/plan-fleet.js";
import { type ZipPart, zipArchive } from "../../formats/zip-write.js";
import { type OptionNames, refuseUnknownOptions } from "../../text/known-options.js";
import { shown } from "../../text/shown.js";
import { VERSION } from "../../version.js";
import { checkWritable, writeFileAtomic } from "../write-file.js";
import { fitInPool, type PooledFit, tookTooLong } from "./fit-pool.js";
import type { FitAnswer } from "./protocol.js";
import { WorkFolder } from "./work-folder.js";

export interface FleetProgress {
  /** Models done, those of an earlier start included, of how many. */
  readonly done: number;
  readonly total: number;
  /** Fits that failed so far. */
  readonly failed: number;
}

export interface TrainFleetOptions extends FleetTraining {
  /** The file to write, such as "fleet.hsz". Until it is complete, models are kept in a folder beside it, "fleet.hsz.parts". */
  readonly out: string;
  /** Replace the file if it exists, and begin anew where a training with other data or options was stopped; default false. */
  readonly force?: boolean | undefined;
  /**
   * Processes that fit side by side, each one model after the other; default: the machine's cores. 0 fits in this process,
   * where a crash is not one entity's alone. The models do not depend on it.
   */
  readonly workers?: number | undefined;
  /**
   * Seconds that the fit of one entity may take, above 0; a longer one is ended and counts as failed. It does not concern the
   * model of all entities. No limit by default: with one, which entities have a model depends on how busy the machine is.
   */
  readonly fitSeconds?: number | undefined;
  /** Build of ONNX Runtime in those processes; default "auto". */
  readonly runtime?: "auto" | "native" | "wasm" | undefined;
  readonly onProgress?: ((progress: FleetProgress) => void) | undefined;
  /** Receives what a person should know, one sentence at a time. */
  readonly onWarning?: ((sentence: string) => void) | undefined;
  /** Stops the training; the same call then goes on with what is done. */
  readonly signal?: AbortSignal | undefined;
}

export interface FleetReport {
  /** The index as it stands in the file. */
  readonly index: FleetIndex;
  /** Entities with a model of their own. */
  readonly own: number;
  /** Entities with too few rows for one. */
  readonly few: number;
  /** Entities whose fit failed, with what it said: the model of all entities stands in for them. */
  readonly failed: readonly { readonly name: string; readonly error: string }[];
  /** Models that an earlier start had done. */
  readonly resumed: number;
}

const OPTIONS = Object.keys({
  detector: true,
  options: true,
  rule: true,
  explain: true,
  minRows: true,
  fallbackRows: true,
  out: true,
  force: true,
  workers: true,
  fitSeconds: true,
  runtime: true,
  onProgress: true,
  onWarning: true,
  signal: true,
} satisfies OptionNames<TrainFleetOptions>);

const FALLBACK = "fallback";
/** Milliseconds that a timer counts at most. */
const LONGEST_TIMER = 2 ** 31;
const keyOf = (place: number): string => String(place + 1).padStart(6, "0");

/**
 * Trains one model per entity, and one of all entities for those with too few rows and those to come, and writes them to one
 * file. Fits run in processes of their own: what one of them fails with is one entity's failure.
 *
 * @param samples opened with `perEntity`: { perEntity: "machine" }
 * @example
 * const fleet = await open("fleet.csv", { perEntity: "machine" });
 * const { own, failed } = await trainFleet(fleet, { detector: "knn", out: "fleet.hsz" });
 *
 * @throws HypersphereError `invalid-option`; `unfit-data`; `file-exists`; `io`; `aborted` when stopped, after which the same
 * call goes on; what the model of all entities fails with
 */
export async function trainFleet(samples: Samples, options: TrainFleetOptions): Promise<FleetReport> {
  refuseUnknownOptions(options, OPTIONS, "of trainFleet");
  const { out, force = false, onWarning = () => {} } = options;
  checkWorkers(options.workers);
  checkFitSeconds(options.fitSeconds);
  await checkWritable(out, { force });
  return runPlan(await planFleet(samples, options, onWarning), options);
}

/** Does what was planned. @throws HypersphereError as `trainFleet` */
export async function runPlan(plan: FleetPlan, options: TrainFleetOptions): Promise<FleetReport> {
  const { out, force = false, signal } = options;
  const folder = await WorkFolder.open(`${out}.parts`, plan.fingerprint, force);
  const resumed = folder.stored.size;
  const failures = await fitAll(plan, folder, options);
  throwIfAborted(signal);
  const index = indexOf(plan, folder, failures);
  await writeFileAtomic(out, zipArchive(partsOfFile(index, folder), deflated), { force, signal });
  await folder.remove();
  const failed = index.entities.flatMap(({ name, error }) => (error === undefined ? [] : [{ name, error }]));
  return {
    index,
    own: index.entities.filter(({ model }) => model !== undefined).length,
    few: index.entities.filter(({ fallback }) => fallback === "few-rows").length,
    failed,
    resumed,
  };
}

const deflated = (bytes: Uint8Array): Uint8Array => deflateRawSync(bytes);

function checkWorkers(workers: number | undefined): void {
  if (workers === undefined || (Number.isSafeInteger(workers) && workers >= 0)) return;
  throw new HypersphereError(
    "invalid-option",
    `workers is ${shown(workers)}, expected a whole number from 0 on.`,
    {
      hint: "It is how many processes fit side by side.",
    },
  );
}

/** @throws HypersphereError `invalid-option` */
export function checkFitSeconds(seconds: number | undefined, name = "fitSeconds"): void {
  if (seconds === undefined || (seconds > 0 && 1000 * seconds < LONGEST_TIMER)) return;
  throw new HypersphereError(
    "invalid-option",
    `${name} is ${shown(seconds)}, expected a number above 0 and below ${Math.floor(LONGEST_TIMER / 1000)}.`,
    { hint: "It is how long the fit of one entity may take; leave it out for no limit." },
  );
}

/** Fits what is not there yet. @returns what fits failed with, by the place of their entity */
async function fitAll(
  plan: FleetPlan,
  folder: WorkFolder,
  {
    workers = availableParallelism(),
    runtime = "auto",
    fitSeconds,
    signal,
    onProgress,
    onWarning,
  }: TrainFleetOptions,
): Promise<Map<number, string>> {
  const failures = new Map<number, string>();
  const said = new Sayings();
  const own = [...plan.entities.keys()].filter((place) => plan.entities[place]!.own);
  const total = own.length + 1;
  let done = [FALLBACK, ...own.map(keyOf)].filter((key) => folder.stored.has(key)).length;
  const tell = (): void => onProgress?.({ done, total, failed: failures.size });
  const asked = (
    key: string,
    job: PooledFit["job"],
    name: string,
    failed: (error: string) => void,
    seconds?: number,
  ): PooledFit => ({
    ...{ job, seconds },
    async done(answer) {
      if ("error" in answer) failed(answer.error);
      else {
        await folder.add(key, answer.bytes);
        for (const sentence of answer.warnings) said.add(sentence, name);
      }
      done++;
      tell();
    },
  });
  const refuse = (error: string): never => {
    throw new HypersphereError("unfit-data", `The model of all entities could not be trained: ${error}`, {
      hint: "It stands in for every entity without a model of its own, so that there is no fleet without it.",
    });
  };
  const fits = [
    asked(FALLBACK, plan.fallback.job, "all entities", refuse),
    ...own.map((place) => {
      const { name, job } = plan.entities[place]!;
      return asked(keyOf(place), job, name, (error) => failures.set(place, error), fitSeconds);
    }),
  ].filter((_, k) => !folder.stored.has(k === 0 ? FALLBACK : keyOf(own[k - 1]!)));
  tell();
  try {
    if (workers === 0) await fitHere(fits, signal);
    else await fitInPool(fits, { workers, runtime, signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new HypersphereError("aborted", "The training of the fleet was stopped.", {
      hint: `The same call goes on with what is in ${folder.path}.`,
      cause: error,
    });
  }
  said.tell(onWarning);
  return failures;
}

async function fitHere(fits: readonly PooledFit[], signal: AbortSignal | undefined): Promise<void> {
  for (const { job, done, seconds } of fits) {
    throwIfAborted(signal);
    const limit = seconds === undefined ? undefined : AbortSignal.timeout(1000 * seconds);
    const either = AbortSignal.any([signal, limit].filter((one) => one !== undefined));
    const answer = await fitModel(job(), either).catch(
      (error: Error): FitAnswer => ({ error: limit?.aborted ? tookTooLong(seconds!) : error.message }),
    );
    throwIfAborted(signal);
    await done(answer);
  }
}

/** Sentences that many models say, each told once. */
class Sayings {
  readonly #found = new Map<string, { readonly first: string; count: number }>();

  add(sentence: string, name: string): void {
    const known = this.#found.get(sentence);
    if (known === undefined) this.#found.set(sentence, { first: name, count: 1 });
    else known.count++;
  }

  tell(onWarning: TrainFleetOptions["onWarning"]): void {
    const most = [...this.#found].sort(([, a], [, b]) => b.count - a.count);
    for (const [sentence, { first, count }] of most.slice(0, SAYINGS)) {
      const who = count === 1 ? `The model of ${first}` : `${count} models, such as that of ${first}`;
      onWarning?.(`${who}: ${sentence}`);
    }
    if (most.length > SAYINGS)
      onWarning?.(`Models said ${most.length - SAYINGS} more things, which are not shown.`);
  }
}

const SAYINGS = 5;

function indexOf(plan: FleetPlan, { stored }: WorkFolder, failures: ReadonlyMap<number, string>): FleetIndex {
  const fileOf = (key: string, entry: string): FleetModelFile => ({ entry, ...stored.get(key)! });
  const entities = plan.entities.map(({ name, rows, own }, place): FleetEntity => {
    if (!own) return { name, rows, fallback: "few-rows" };
    const error = failures.get(place);
    if (error !== undefined) return { name, rows, fallback: "failed", error };
    return { name, rows, model: fileOf(keyOf(place), `models/${keyOf(place)}.onnx`) };
  });
  const { entityColumn, detector, options, rule, minRows, schema, reading, fingerprint } = plan;
  return {
    format: FLEET_FORMAT,
    hypersphere: VERSION,
    ...{ entityColumn, detector, options, ...(rule !== undefined && { rule }), minRows, schema, reading },
    fingerprint,
    fallback: { ...fileOf(FALLBACK, FALLBACK_ENTRY), rows: plan.fallback.rows },
    entities,
  };
}

/** The index first, so that a file's beginning says what it is. */
async function* partsOfFile(index: FleetIndex, folder: WorkFolder): AsyncGenerator<ZipPart> {
  yield { name: INDEX_ENTRY, bytes: new TextEncoder().encode(indexText(index)) };
  yield { name: FALLBACK_ENTRY, bytes: await folder.read(FALLBACK) };
  for (const [place, { model }] of index.entities.entries())
    if (model !== undefined) yield { name: model.entry, bytes: await folder.read(keyOf(place)) };
}

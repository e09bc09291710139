import { once } from "node:events";
import { HypersphereError } from "../../errors.js";
import type { Fleet } from "../../fleet/fleet.js";
import { FleetStream, type FleetStreamOptions } from "../../fleet/fleet-stream.js";
import { looksLikeFleet } from "../../io/fleet/looks-like-fleet.js";
import { lineBatches } from "../../io/line-batches.js";
import { writeFileAtomic } from "../../io/write-file.js";
import type { Model } from "../../model/index.js";
import { type Backend, currentBackend } from "../../runtime/index.js";
import {
  ModelStream,
  type StreamAnswer,
  type StreamOptions,
  streamLine,
  streamRow,
} from "../../stream/index.js";
import { counted } from "../../text/format.js";
import { printableJson } from "../../text/printable.js";
import { shown } from "../../text/shown.js";
import type { CliCommand, CliContext } from "../command.js";
import { fleetAt } from "../files/fleet-file.js";
import { loadModelFile } from "../files/model-file.js";
import { checkOutputs } from "../files/outputs.js";
import { readStateFile, withStateFile } from "../files/state-file.js";
import {
  addDecisionFlags,
  type DecisionFlags,
  type RuntimeChoice,
  runtimeFlag,
} from "../flags/data-flags.js";
import { addFdrFlags, type FdrFlags, fdrPromise } from "../flags/fdr-flags.js";
import { numberOrText, share, whole } from "../flags/parse.js";
import { addBrokerFlags, answeredOverBroker, type BrokerFlags } from "../stream-over-broker.js";
import { useRuntime } from "../use-runtime.js";

interface StreamFlags extends DecisionFlags, FdrFlags, BrokerFlags {
  readonly idColumn?: string;
  readonly state?: string;
  readonly mergeGap?: number;
  readonly minLength?: number;
  readonly driftDelta?: number;
  readonly forgetAfter?: number | string;
  readonly runtime?: RuntimeChoice;
  readonly openModels?: number;
}

/** What --state keeps. */
interface StateFile {
  readonly format: "hypersphere stream 1";
  readonly stream: unknown;
}

const FORMAT = "hypersphere stream 1";

/** The state is kept this often, and at the end. */
const STATE_SECONDS = 5;

export const command: CliCommand = {
  configure(stream) {
    stream
      .argument(
        "<model>",
        "a file that `hypersphere train` wrote, of a table or a series, or a fleet of such",
      )
      .optionsGroup("Output:")
      .option("--id-column <name>", "put this column's value into each line of the output")
      .option("--state <file>", "go on where this file's stream ended, and keep the new end there");
    addBrokerFlags(stream);
    addDecisionFlags(stream);
    addFdrFlags(stream, ONLINE);
    stream
      .optionsGroup("Stretches of a series:")
      .option(
        "--merge-gap <steps>",
        "flagged steps with at most so many others between them are one (default: 0)",
        whole("--merge-gap"),
      )
      .option("--min-length <steps>", "shorter stretches are not told (default: 1)", whole("--min-length"));
    stream
      .optionsGroup("State of series:")
      .option(
        "--forget-after <span>",
        "forget series that had no step for so long by the times of the rows: 12h, 7d (default: none)",
        numberOrText,
      );
    stream
      .optionsGroup("Drift:")
      .option(
        "--drift-delta <p>",
        "watch for drift; probability that a stream without it ever raises the alarm",
        share("--drift-delta"),
      );
    stream
      .optionsGroup("Scoring:")
      .option(...runtimeFlag)
      .option(
        "--open-models <number>",
        "models of a fleet that are open at a time (default: 16, over a broker 64)",
        whole("--open-models"),
      );
    stream.addHelpText(
      "after",
      "\nReads JSON lines from standard input, one object per row, and writes one line for each to standard output:" +
        '\n  {"row":1,"score":0.8,"p_value":0.2,"is_anomaly":0}   higher scores are more abnormal' +
        '\n  {"row":2,"pending":5}                                a series needs 5 more steps for a window' +
        '\n  {"row":3,"error":{"code":"...","message":"..."}}     a row that cannot be read, which changes nothing' +
        "\nA step of a series has the score of the window that ends with it. Stretches that it opens or closes stand in" +
        "\nincidents. With a fleet, a line also has model: own or fallback. Ctrl-C and SIGTERM finish what has been read," +
        "\nkeep the state and end with exit code 0.",
    );
  },

  async run(command, context) {
    const [modelPath] = command.processedArgs as [string];
    const flags = command.opts<StreamFlags>();
    await refuseOpenModels(modelPath, flags);
    if (await answeredOverBroker(modelPath, flags, context)) return undefined;
    const { output } = context;
    const fdr = onlinePromise(flags);
    await checkOutputs({ "--state": flags.state }, { "the model": modelPath });
    useRuntime(flags.runtime, context);
    const tally = await withStateFile(flags.state, async () =>
      answerAll(await streamOf(modelPath, flags, fdr), flags, context),
    );
    output.note(
      `${counted(tally.rows, "row")}: ${tally.scored} scored, ${tally.flagged} flagged, ` +
        `${tally.pending} waiting for a window, ${tally.refused} refused.`,
    );
    if (tally.rows > 0 && tally.refused === tally.rows) throw nothingRead(tally);
    if (flags.idColumn !== undefined && tally.rows > 0 && tally.named === 0)
      output.warn(`--id-column: no row had ${shown(flags.idColumn)}.`);
    return undefined;
  },
};

async function refuseOpenModels(model: string, { openModels }: StreamFlags): Promise<void> {
  if (openModels === undefined || (await looksLikeFleet(model))) return;
  throw new HypersphereError("invalid-option", "--open-models was given, but the model is no fleet.", {
    hint: "Leave it out.",
  });
}

/** What answers the rows: the stream of a model or of a fleet. */
interface RowStream {
  readonly rows: number;
  push(rows: readonly unknown[]): Promise<(StreamAnswer & { readonly own?: boolean | undefined })[]>;
  state(): unknown;
  /** A sentence for every alarm that was raised so far. */
  alarms(): readonly string[];
}

/** Of the model or the fleet, as far as its state says it is. */
async function streamOf(
  modelPath: string,
  { state: path, openModels: maxOpen, ...flags }: StreamFlags,
  fdr: StreamOptions["fdr"],
): Promise<RowStream> {
  const backend = await scoringThread();
  const fleet = await fleetAt(modelPath, { maxOpen });
  const kept = path === undefined ? undefined : await readStateFile<StateFile>(path, FORMAT, "stream");
  const { rule, percentile, threshold, operatingPoint, mergeGap, minLength, driftDelta, forgetAfter } = flags;
  const decision = { rule, percentile, threshold, operatingPoint, mergeGap, minLength };
  const options = { ...decision, driftDelta, forgetAfter, fdr, state: kept?.stream, backend };
  return fleet === undefined
    ? ofModel((await loadModelFile(modelPath)).model, options)
    : ofFleet(fleet, { ...options, maxOpen });
}

async function ofModel(model: Model, options: StreamOptions): Promise<RowStream> {
  const stream = await ModelStream.open(model, options);
  // One that was raised before is known.
  const before = stream.drift?.alarmed ?? false;
  return withAlarms(stream, () => [
    ...stream.warnings,
    ...(before || !stream.drift?.alarmed
      ? []
      : [`The rows are no longer what the model was trained on, noticed at scored row ${stream.drift.at}.`]),
  ]);
}

async function ofFleet(fleet: Fleet, options: FleetStreamOptions): Promise<RowStream> {
  const stream = await FleetStream.open(fleet, options);
  let pushed = stream.rows;
  const unnamed: string[] = [];
  const push: RowStream["push"] = async (rows) => {
    const before = pushed;
    pushed += rows.length;
    const answers = await stream.push(rows);
    if (unnamed.length > 0) return answers;
    const at = rows.findIndex((row, k) => answers[k]!.kind !== "refused" && fleet.nameIn(row) === undefined);
    if (at >= 0)
      unnamed.push(
        `Row ${before + at + 1} has no entity in ${shown(fleet.entityColumn)}: such rows are scored by the model of all entities.`,
      );
    return answers;
  };
  const rows = { rows: pushed, push, state: () => stream.state() };
  return withAlarms(rows, () => [
    ...unnamed,
    ...stream.drifted.map(
      ({ entity, at }) =>
        `The rows of ${shown(entity)} are no longer what its model was trained on, noticed at its scored row ${at}.`,
    ),
  ]);
}

const withAlarms = (stream: Omit<RowStream, "alarms">, alarms: RowStream["alarms"]): RowStream => ({
  get rows() {
    return stream.rows;
  },
  push: (rows) => stream.push(rows),
  state: () => stream.state(),
  alarms,
});

/** Scores in a thread, so that this one can read and write meanwhile. */
async function scoringThread(): Promise<Backend> {
  const backend = currentBackend();
  const [runtime] = await backend.open(1);
  return { ...backend, inline: async () => runtime! };
}

/** One bad row is news of that row; nothing but bad rows is news of what sends them, or of the model. */
function nothingRead({ rows, firstRefusal }: Tally): HypersphereError {
  const { code, message, hint } = firstRefusal!;
  return new HypersphereError(
    code,
    `None of ${counted(rows, "row")} could be read. The first one: ${message}`,
    {
      ...(hint !== undefined && { hint }),
    },
  );
}

/** Procedures that decide row after row, the usual one first. */
const ONLINE = ["saffron", "lord"] as const;

/** @throws HypersphereError `invalid-option` for what needs all rows at once */
function onlinePromise(flags: StreamFlags): StreamOptions["fdr"] {
  const promise = fdrPromise(flags, ONLINE);
  if (promise === undefined) return undefined;
  const procedure = ONLINE.find((name) => name === promise.method);
  if (procedure !== undefined) return { alpha: promise.alpha, procedure };
  throw new HypersphereError("invalid-option", `--fdr-method ${promise.method} needs all rows at once.`, {
    hint: "Use lord or saffron, which decide row after row.",
  });
}

interface Tally {
  rows: number;
  scored: number;
  flagged: number;
  pending: number;
  refused: number;
  /** Rows that had the column of --id-column. */
  named: number;
  firstRefusal?: HypersphereError;
}

async function answerAll(
  stream: RowStream,
  { state, idColumn }: StreamFlags,
  { output, signal }: CliContext,
): Promise<Tally> {
  const tally: Tally = { rows: 0, scored: 0, flagged: 0, pending: 0, refused: 0, named: 0 };
  const begun = stream.rows;
  const told = new Set<string>();
  let keptAt = performance.now();
  const keep = async (): Promise<void> => {
    if (state !== undefined) {
      const file: StateFile = { format: FORMAT, stream: stream.state() };
      await writeFileAtomic(state, `${JSON.stringify(file)}\n`, { force: true });
    }
    keptAt = performance.now();
  };
  /** @returns false where nobody reads any more */
  const write = async (
    rows: readonly unknown[],
    answers: Awaited<ReturnType<RowStream["push"]>>,
  ): Promise<boolean> => {
    let text = "";
    for (const [k, answer] of answers.entries()) {
      tally.rows++;
      tally[answer.kind]++;
      if (answer.kind === "scored" && answer.isAnomaly) tally.flagged++;
      if (answer.kind === "refused") tally.firstRefusal ??= answer.error;
      const id = idOf(rows[k], idColumn);
      if (id !== undefined) tally.named++;
      text += `${lineOf(begun + tally.rows, answer, id)}\n`;
    }
    for (const alarm of stream.alarms().filter((sentence) => !told.has(sentence))) {
      told.add(alarm);
      output.warn(alarm);
    }
    return written(text);
  };
  // Rows are read while those before them are scored in a thread of its own. The state is kept where nothing is under way.
  let before = Promise.resolve(true);
  let line = 0;
  for await (const batch of lineBatches(process.stdin, { source: STDIN, signal })) {
    const rows: unknown[] = [];
    for (const text of batch) {
      line++;
      if (text?.trim() !== "") rows.push(streamRow(text, { source: STDIN, line }));
    }
    const answers = stream.push(rows);
    const done = before.then(async (read) => read && (await write(rows, await answers)));
    if (!(await before)) break;
    before = done;
    if (performance.now() - keptAt < 1000 * STATE_SECONDS) continue;
    await before;
    await keep();
  }
  await before;
  await keep();
  return tally;
}

const STDIN = "<stdin>";

function idOf(given: unknown, name: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (name === undefined || typeof given !== "object" || given === null || !Object.hasOwn(given, name))
    return undefined;
  return { [name]: (given as Readonly<Record<string, unknown>>)[name] };
}

function lineOf(
  row: number,
  answer: Awaited<ReturnType<RowStream["push"]>>[number],
  id: ReturnType<typeof idOf>,
): string {
  return printableJson(streamLine({ row, ...id }, answer));
}

/** @returns false where nobody reads any more */
async function written(text: string): Promise<boolean> {
  const { stdout } = process;
  if (!stdout.writable) return false;
  if (stdout.write(text)) return true;
  await Promise.race([once(stdout, "drain"), once(stdout, "close")]).catch(() => {});
  return stdout.writable;
}

import type { Command } from "commander";
import { HypersphereError } from "../errors.js";
import type { CliContext } from "./command.js";
import { VERIFY_KEY } from "./files/model-file.js";
import { whole } from "./flags/parse.js";
import { optionalPackage } from "./optional-package.js";

/** Flags of workers over a broker. */
export interface BrokerFlags {
  readonly from?: string;
  readonly to?: string;
  readonly group?: string;
  readonly deadLetters?: string;
  readonly partitions?: number;
  readonly stateFolder?: string;
  readonly share?: string;
  readonly tlsCa?: string;
  readonly entityField?: string;
  readonly idField?: string;
  readonly metricsPort?: number;
}

/** What of the package hypersphere-brokers is used here, which this one does not depend on. */
interface BrokersPackage {
  startWorker(options: object): Promise<{
    readonly metricsUrl: string | undefined;
    readonly done: Promise<void>;
    stop(): Promise<void>;
  }>;
}

const PACKAGE = "hypersphere-brokers";
const FLAGS = [
  "to",
  "group",
  "deadLetters",
  "partitions",
  "stateFolder",
  "share",
  "tlsCa",
  "entityField",
  "idField",
  "metricsPort",
] as const;
/** What needs all rows in one order, or standard input. */
const ONLY_ALONE = ["state", "idColumn", "fdr", "driftDelta", "runtime"] as const;
const DECISION = [
  ...["rule", "percentile", "threshold", "operatingPoint", "mergeGap", "minLength", "forgetAfter"],
] as const;

export function addBrokerFlags(stream: Command): void {
  stream
    .optionsGroup(`Over a broker, with the package ${PACKAGE}:`)
    .option(
      "--from <url>",
      "answer messages of redis://host/stream, nats://host/subject, mqtt://host/topic or kafka://host/topic, in place of standard input",
    )
    .option("--to <url>", "where answers go, on the same server")
    .option("--group <name>", "workers of one group share the messages (default: hypersphere)")
    .option(
      "--dead-letters <url>",
      "where messages go that cannot be read (default: that of --to, with dead behind it)",
    )
    .option(
      "--partitions <number>",
      "at most so many workers share; the same for all of a group (default: 32)",
      whole("--partitions"),
    )
    .option("--state-folder <path>", "over MQTT: a folder of this worker alone, for what outlives it")
    .option("--share <k/n>", "over MQTT: this worker is the k-th of n (default: 1/1)")
    .option("--tls-ca <file>", "over TLS: certificate of the authority that the broker's is signed by")
    .option(
      "--entity-field <name>",
      "the field that tells series apart, which answers repeat; over MQTT also topic:2 for a level of the topic",
    )
    .option("--id-field <name>", "put this field's value into each answer")
    .option(
      "--metrics-port <number>",
      "metrics for Prometheus at this port of 127.0.0.1",
      whole("--metrics-port"),
    );
}

/**
 * @returns false where standard input is meant
 * @throws HypersphereError `invalid-option`
 */
export async function answeredOverBroker(
  model: string,
  flags: BrokerFlags,
  { output, signal }: CliContext,
): Promise<boolean> {
  const given = flags as Readonly<Record<string, unknown>>;
  const { from, to } = flags;
  if (from === undefined) {
    const odd = FLAGS.find((name) => given[name] !== undefined);
    if (odd === undefined) return false;
    throw new HypersphereError("invalid-option", `${flagOf(odd)} needs --from.`, {
      hint: "Give the broker's stream, such as --from redis://host/readings.",
    });
  }
  const odd = ONLY_ALONE.find((name) => given[name] !== undefined);
  if (odd !== undefined) {
    throw new HypersphereError("invalid-option", `${flagOf(odd)} excludes --from.`, {
      hint: "It belongs to rows from standard input. See `hypersphere help brokers`.",
    });
  }
  if (to === undefined) {
    throw new HypersphereError("invalid-option", "--from needs --to.", {
      hint: "Say where answers go, such as --to redis://host/scores.",
    });
  }
  const { startWorker } = await optionalPackage<BrokersPackage>(PACKAGE, "Workers over brokers are");
  const worker = await startWorker({
    ...Object.fromEntries([...FLAGS, "openModels"].map((name) => [name, given[name]])),
    ...{ model, from, verifyKey: process.env[VERIFY_KEY] || undefined },
    decision: Object.fromEntries(DECISION.map((name) => [name, given[name]])),
  });
  if (worker.metricsUrl !== undefined) output.note(`Metrics at ${worker.metricsUrl}`);
  const stop = (): void => void worker.stop().catch(() => {});
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  await worker.done;
  return true;
}

const flagOf = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

import { type Dataset, type Samples, samplesOf } from "../../data/index.js";
import { HypersphereError, throwIfAborted } from "../../errors.js";
import { type OptionNames, refuseUnknownOptions } from "../../text/known-options.js";
import { type ContestantInput, contestantsOf } from "./contestants.js";
import { type Job, type JobContext, type JobRow, runJob } from "./job.js";
import { DEFAULT_PROTOCOL, PROTOCOLS, type ProtocolOptions } from "./protocol.js";
import { type Recommendation, recommend } from "./recommend.js";
import { type ComparisonSummary, summarize } from "./summary.js";

/** What `compare` compares unless told otherwise: what training would use, and what it has to be better than. */
export const DEFAULT_CONTESTANTS: readonly string[] = ["auto", "deep-svdd", "knn", "isolation-forest"];

export interface CompareOptions extends Partial<ProtocolOptions>, JobContext {
  /** Default: auto, deep-svdd, knn and isolation-forest, with their default options. */
  readonly detectors?: readonly ContestantInput[] | undefined;
  /** One run for each; default [0]. */
  readonly seeds?: readonly number[] | undefined;
  /** Hears of every result as it comes. */
  readonly onResult?: ((row: JobRow) => void) | undefined;
}

const COMPARE_OPTIONS = Object.keys({
  detectors: true,
  seeds: true,
  protocol: true,
  maxTrain: true,
  maxTest: true,
  meters: true,
  backend: true,
  onResult: true,
  signal: true,
} satisfies OptionNames<CompareOptions>);

/** Labelled samples, which results call by their source, or by a name. Without labels every run is a failure. */
export type ComparedData = Dataset | Samples | { readonly name: string; readonly samples: Samples };

export interface Comparison {
  /** All runs of a data set stand together; failures are among them. */
  readonly rows: readonly JobRow[];
  readonly summary: ComparisonSummary;
  readonly recommendation: Recommendation;
}

/**
 * Which detector for these data? Fits every detector on every data set with every seed, one after the other, and
 * measures it on rows that were held out: of tables, series (by their windows) and images alike. Labels split the rows
 * and measure; no detector sees them. A run that fails is a result that says so.
 *
 * @example
 * const { recommendation } = await compare([plant], {
 *   detectors: ["auto", { name: "knn-10", detector: "knn", options: { k: 10 } }],
 *   seeds: [0, 1],
 * });
 * console.log(recommendation.sentences.join(" "));
 *
 * @throws HypersphereError `invalid-option` before anything runs, `aborted`
 */
export async function compare(
  dataSets: readonly ComparedData[],
  options: CompareOptions = {},
): Promise<Comparison> {
  refuseUnknownOptions(
    options,
    COMPARE_OPTIONS,
    "of compare",
    () => "Options of detectors go into detectors.",
  );
  const { onResult, signal, backend, meters } = options;
  const rows: JobRow[] = [];
  for (const job of jobsOf(dataSets, options)) {
    throwIfAborted(signal);
    const row = await runJob(job, { meters, signal, backend });
    rows.push(row);
    onResult?.(row);
  }
  const summary = summarize(rows);
  return { rows, summary, recommendation: recommend(summary) };
}

function jobsOf(dataSets: readonly ComparedData[], options: CompareOptions): Job[] {
  const { detectors = DEFAULT_CONTESTANTS, seeds = [0] } = options;
  if (!Array.isArray(dataSets)) {
    throw new HypersphereError("invalid-option", "compare takes a list of data sets, even of one alone.", {
      hint: "Write compare([samples], options).",
    });
  }
  const contestants = contestantsOf(detectors);
  const protocol = protocolOf(options);
  if (dataSets.length === 0 || contestants.length === 0 || seeds.length === 0) {
    const what = dataSets.length === 0 ? "data set" : contestants.length === 0 ? "detector" : "seed";
    throw new HypersphereError("invalid-option", `compare was given no ${what}.`);
  }
  return namedSets(dataSets).flatMap(({ name: dataset, samples }) =>
    contestants.flatMap((contestant) =>
      seeds.map((seed) => ({ dataset, samples, contestant, seed, protocol })),
    ),
  );
}

/** @throws HypersphereError `invalid-option` */
function protocolOf({
  protocol = DEFAULT_PROTOCOL.protocol,
  maxTrain = DEFAULT_PROTOCOL.maxTrain,
  maxTest = DEFAULT_PROTOCOL.maxTest,
}: CompareOptions): ProtocolOptions {
  if (!PROTOCOLS.includes(protocol)) {
    throw new HypersphereError(
      "invalid-option",
      `protocol is "${protocol}", expected ${PROTOCOLS.join(", ")}.`,
    );
  }
  for (const [name, value] of Object.entries({ maxTrain, maxTest })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new HypersphereError(
      "invalid-option",
      `${name} is ${value}, expected a whole number of 1 or more.`,
    );
  }
  return { protocol, maxTrain, maxTest };
}

/** Sources may have one name, as tables in memory do: then they are numbered. */
function namedSets(dataSets: readonly ComparedData[]): { name: string; samples: Samples }[] {
  const named = dataSets.map((given) => {
    if (typeof given === "object" && given !== null && "samples" in given) return given;
    const samples = samplesOf(given);
    return { name: samples.data.source, samples };
  });
  const repeated = new Set(named.map(({ name }) => name)).size < named.length;
  return named.map(({ name, samples }, k) => ({ name: repeated ? `${name} (${k + 1})` : name, samples }));
}

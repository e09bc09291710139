import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { Option } from "commander";
import { detectors } from "../../detectors/registry.js";
import { HypersphereError } from "../../errors.js";
import {
  type Contestant,
  DEFAULT_CONTESTANTS,
  DEFAULT_PROTOCOL,
  type JobRow,
  PROTOCOLS,
  type Protocol,
  recommend,
  succeeded,
  summarize,
} from "../../evaluate/compare/index.js";
import { checkWritable, looksLikeImages, writeFileAtomic } from "../../io/index.js";
import { bringsLabels } from "../../io/open.js";
import { comparisonReport } from "../../report/comparison-report.js";
import { columns, counted } from "../../text/format.js";
import { VERSION } from "../../version.js";
import type { CliCommand } from "../command.js";
import { dataDigest } from "../compare/data-digest.js";
import { configuredContestants } from "../compare/detector-config.js";
import type { ComparisonFlags, JobRequest } from "../compare/job-request.js";
import { runJobs } from "../compare/pool.js";
import { resultsCsv } from "../compare/results-csv.js";
import { type DataDigests, detectorText, ResultsFile, sameJob } from "../compare/results-file.js";
import { EXIT } from "../exit-codes.js";
import { checkEnding, checkOutputs } from "../files/outputs.js";
import { addColumnFlags, list, type RuntimeChoice, runtimeFlag } from "../flags/data-flags.js";
import { whole } from "../flags/parse.js";
import { addTrainingSampleFlags } from "../flags/sample-flags.js";

interface CompareFlags extends ComparisonFlags {
  readonly detectors?: readonly string[] | "all";
  readonly config?: string;
  readonly seeds: readonly number[];
  readonly protocol: Protocol;
  readonly maxTrain: number;
  readonly maxTest: number;
  readonly jobs: number;
  readonly timeout: number;
  readonly out?: string;
  readonly json?: string;
  readonly csv?: string;
  readonly keepFormulas?: boolean;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(compare) {
    compare
      .argument(
        "<data...>",
        "labelled data sets, compared one by one and together: files of rows or of time steps, folders of images",
      )
      .optionsGroup("What is compared:")
      .addOption(
        new Option(
          "--detectors <names>",
          `detectors, or all: ${Object.keys(detectors).join(", ")} (default: ${DEFAULT_CONTESTANTS.join(",")}, and entries of --config)`,
        ).argParser(detectorNames),
      )
      .option(
        "--config <file>",
        'options from a JSON file, by detector: {"deep-svdd": {"epochs": 20}, "knn-10": {"detector": "knn", "k": 10}}',
      )
      .addOption(new Option("--seeds <n,n,...>", "one run for each seed").argParser(seeds).default([0], "0"))
      .option(
        "--protocol <name>",
        "one-class (half of the normals train), contaminated (60 % of all rows train) or given (the data's own split)",
        protocol,
        DEFAULT_PROTOCOL.protocol,
      )
      .option(
        "--split-column <name>",
        "column that says train or test, for --protocol given (default for NPZ: its array split)",
      )
      .option(
        "--max-train <n>",
        "training rows at most",
        whole("--max-train", { from: 1 }),
        DEFAULT_PROTOCOL.maxTrain,
      )
      .option(
        "--max-test <n>",
        "test rows at most",
        whole("--max-test", { from: 1 }),
        DEFAULT_PROTOCOL.maxTest,
      )
      .optionsGroup("Output (without any: a table on standard output):")
      .option("--out <file>", "a report to read: one HTML page, with nothing beside it")
      .option("--json <file>", "all figures; written after every run, for --resume")
      .option("--csv <file>", "all figures but the curves, a line per run")
      .option(
        "--keep-formulas",
        "in it, write names that begin with =, +, - or @ as they are (default: with a ' before)",
      )
      .option("--resume", "go on with what is in the --json file")
      .option("--force", "overwrite files that exist")
      .optionsGroup("Running:")
      .addOption(
        new Option("--jobs <n>", "runs side by side")
          .argParser(whole("--jobs", { from: 1 }))
          .default(availableParallelism(), "one per core"),
      )
      .option("--timeout <seconds>", "give a run up after this time", whole("--timeout", { from: 1 }), 3600)
      .option(...runtimeFlag);
    addTrainingSampleFlags(compare, "column with labels");
    addColumnFlags(compare);
    compare.addHelpText(
      "after",
      `
Examples:
  hypersphere compare plant.csv --label-column y --detectors all --seeds 0,1,2 --out report.html
  hypersphere compare tables/*.npz --detectors deep-svdd,knn --seeds 0,1 --json results.json --resume
  hypersphere compare pump.csv --time-column time --window 50 --label-column fault
  hypersphere compare parts/ --protocol given --detectors auto,deep-svdd,multi-scale`,
    );
  },

  async run(command, { output, signal }) {
    const [given] = command.processedArgs as [string[]];
    const paths = [...new Set(given)];
    const flags = command.opts<CompareFlags>();
    const { out, json, csv, force = false, resume = false } = flags;
    if (resume && json === undefined) {
      throw new HypersphereError("invalid-option", "--resume needs the --json file to go on with.");
    }
    await checkOutputs(
      { "--out": out, "--csv": csv, "--json": json },
      {
        ...Object.fromEntries(
          paths.map((path, k) => [paths.length === 1 ? "the data" : `data set ${k + 1}`, path]),
        ),
        ...{ "--config": flags.config, "--labels": flags.labels },
      },
    );
    checkEnding("--out", out, "page");
    const contestants = await configuredContestants(flags.detectors, DEFAULT_CONTESTANTS, flags.config);
    await requireLabels(paths, flags);
    for (const path of [out, csv]) if (path !== undefined) await checkWritable(path, { force });
    if (json !== undefined) await checkWritable(json, { force: force || resume });
    const settings = settingsOf(flags);
    const wanted = plan(paths, contestants, flags);
    const named = Object.fromEntries(contestants.map((one) => [one.name, detectorText(one)]));
    const asked = { settings, data: await digests(wanted), detectors: named };
    const results = await ResultsFile.open(json, asked, resume);
    const todo = wanted.filter(({ key }) => !results.has(key));
    if (todo.length < wanted.length)
      output.note(`${counted(wanted.length - todo.length, "run")} done before.`);

    let done = wanted.length - todo.length;
    try {
      await runJobs(todo, { processes: flags.jobs, timeout: flags.timeout, signal }, async (row) => {
        await results.add(row);
        if (row.error !== undefined) output.warn(`${nameOf(row)}: ${row.error}`);
        output.progress("comparing", ++done / wanted.length, nameOf(row));
      });
    } catch (error) {
      if (!signal.aborted || json === undefined || done === 0) throw error;
      throw new HypersphereError("aborted", "The comparison was stopped.", {
        hint: `The same command with --resume goes on from ${json}.`,
        cause: error,
      });
    } finally {
      output.endProgress();
      await results.close();
    }

    // The file may hold runs that nobody asked for now, and runs end in any order.
    const rows = wanted.flatMap(({ key }) => results.rows.filter((row) => sameJob(row, key)));
    if (out !== undefined) {
      const given = Object.entries(settings).filter(([, value]) => value !== "default");
      const shown = {
        ...Object.fromEntries(given),
        detectors: contestants.map((one) => nameAndOptions(one.name, detectorText(one))).join(", "),
        seeds: flags.seeds.join(", "),
      };
      await writeFileAtomic(out, comparisonReport({ rows, settings: shown }), { force });
      output.note(`Wrote ${out}.`);
    }
    if (csv !== undefined) {
      await writeFileAtomic(csv, resultsCsv(rows, { formulas: flags.keepFormulas ? "keep" : "quote" }), {
        force,
      });
      output.note(`Wrote ${csv}.`);
    }
    for (const note of summarize(rows).notes) output.warn(note);
    output.result(summaryText(rows));
    return rows.some(succeeded) ? undefined : EXIT.data;
  },
};

const nameAndOptions = (name: string, text: string): string => (name === text ? name : `${name} (${text})`);

const nameOf = ({ dataset, detector, seed }: JobRow): string => `${dataset}, ${detector}, seed ${seed}`;

/** What decides the figures, besides data set, detector and seed: runs with other settings must not be mixed. */
function settingsOf(flags: CompareFlags): Record<string, string> {
  const { delimiter, missing, columnType, labelColumn, normalLabel, anomalyLabel, splitColumn } = flags;
  const { series, window, stride, timeColumn, entityColumn, maxGap, every, fill, detrend, season } = flags;
  const { labels, normalClass, skipCorrupt } = flags;
  const data = {
    "label column": labelColumn,
    columns: flags.columns?.join(","),
    "columns left out": flags.exclude?.join(","),
    "normal label": normalLabel,
    "anomaly label": anomalyLabel,
    "split column": splitColumn,
    delimiter,
    header: flags.header ? undefined : "none",
    missing: missing?.join(","),
    "decimal mark": flags.decimal,
    "column types": columnType && JSON.stringify(columnType),
    windows: textOf({
      ...{ series, window, stride, timeColumn, entityColumn, maxGap, every, fill, detrend, season },
    }),
    images: textOf({ labels, normalClass, skipCorrupt }),
  };
  return {
    hypersphere: VERSION,
    protocol: flags.protocol,
    "training rows at most": String(flags.maxTrain),
    "test rows at most": String(flags.maxTest),
    runtime: flags.runtime ?? "auto",
    ...Object.fromEntries(Object.entries(data).map(([name, value]) => [name, value ?? "default"])),
  };
}

/** "window 50, timeColumn time"; undefined where none was given. */
function textOf(values: Readonly<Record<string, unknown>>): string | undefined {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : given.map(([name, value]) => `${name} ${value}`).join(", ");
}

async function digests(jobs: readonly JobRequest[]): Promise<DataDigests> {
  const pathOf = new Map(jobs.map(({ key, path }) => [key.dataset, path]));
  const found: Record<string, string> = {};
  for (const [dataset, path] of pathOf) found[dataset] = await dataDigest(path);
  return found;
}

/** Refuses tables and series without labels before anything runs; images and archives bring their own. */
async function requireLabels(paths: readonly string[], { labelColumn }: CompareFlags): Promise<void> {
  if (labelColumn !== undefined) return;
  for (const path of paths) {
    if ((await bringsLabels(path)) || (await looksLikeImages(path))) continue;
    throw new HypersphereError("invalid-option", `No label column was given for ${path}.`, {
      hint: "Add --label-column; `hypersphere inspect` lists the columns of a file.",
    });
  }
}

/** All runs of a data set stand together, so that its results are complete early. */
function plan(
  paths: readonly string[],
  contestants: readonly Contestant[],
  flags: CompareFlags,
): JobRequest[] {
  const { protocol, maxTrain, maxTest, seeds, runtime = "auto" } = flags;
  const names = datasetNames(paths);
  return paths.flatMap((path, k) =>
    contestants.flatMap((contestant) =>
      seeds.map((seed) => ({
        key: { dataset: names[k]!, detector: contestant.name, seed },
        contestant,
        path,
        reading: readingOf(flags),
        protocol: { protocol, maxTrain, maxTest },
        runtime,
      })),
    ),
  );
}

/** The flags that a worker reads data by. */
function readingOf(flags: CompareFlags): ComparisonFlags {
  const { delimiter, header, missing, columnType, columns: chosen, exclude, splitColumn } = flags;
  const { labelColumn, normalLabel, anomalyLabel, labels, normalClass, skipCorrupt } = flags;
  const { series, window, stride, timeColumn, entityColumn, maxGap, every, fill } = flags;
  return {
    ...{ delimiter, header, missing, columnType, columns: chosen, exclude, splitColumn },
    ...{ labelColumn, normalLabel, anomalyLabel, labels, normalClass, skipCorrupt },
    ...{ series, window, stride, timeColumn, entityColumn, maxGap, every, fill },
  } as ComparisonFlags;
}

/** File names without endings, or whole paths where these are not distinct. */
function datasetNames(paths: readonly string[]): readonly string[] {
  const short = paths.map((path) =>
    basename(path).replace(/(\.(csv|tsv|txt|npz|npy|parquet|jsonl|ndjson|gz))+$/i, ""),
  );
  return new Set(short).size === paths.length ? short : paths;
}

function summaryText(rows: readonly JobRow[]): string {
  const summary = summarize(rows);
  const masked = summary.detectors.some((row) => row.pixelAuroc !== null);
  const head = [
    ...["detector", "mean AUROC", "mean rank", "AP", "untrained"],
    ...(masked ? ["pixel AUROC", "pixel AP", "AUPRO"] : []),
    ...["fit, s", "score, s", "failures"],
  ];
  const lines = summary.detectors.map((row) => [
    row.detector,
    fixed(row.auroc, 4),
    fixed(row.rank, 2),
    fixed(row.averagePrecision, 4),
    fixed(row.untrainedAuroc, 4),
    ...(masked
      ? [row.pixelAuroc, row.pixelAveragePrecision, row.pixelAupro].map((value) => fixed(value, 4))
      : []),
    fixed(row.fitSeconds, 2),
    fixed(row.scoreSeconds, 2),
    String(row.failures),
  ]);
  const table = columns([head, ...lines], [...head.keys()].slice(1));
  return [...table, "", ...recommend(summary).sentences].join("\n");
}

const fixed = (value: number | null, digits: number): string =>
  value === null || Number.isNaN(value) ? "-" : value.toFixed(digits);

const detectorNames = (text: string): readonly string[] | "all" => (text === "all" ? text : list(text));

function seeds(text: string): readonly number[] {
  const values = list(text).map(Number);
  if (values.length > 0 && values.every((value) => Number.isInteger(value) && value >= 0))
    return [...new Set(values)];
  throw new HypersphereError("invalid-option", `--seeds is "${text}", expected whole numbers such as 0,1,2.`);
}

function protocol(text: string): Protocol {
  if ((PROTOCOLS as readonly string[]).includes(text)) return text as Protocol;
  throw new HypersphereError("invalid-option", `--protocol is "${text}", expected ${PROTOCOLS.join(", ")}.`);
}

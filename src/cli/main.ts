/** The command line's entry. Loads commander and nothing else until it is known which command to run. */
import { Command, CommanderError, Help, type Option } from "commander";
import { type HypersphereError, throwIfAborted } from "../errors.js";
import { VERSION } from "../version.js";
import { addCommonFlags, type CliCommand } from "./command.js";
import { EXIT, type ExitCode, exitCode, exitCodesHelp } from "./exit-codes.js";
import { asFailure, failureText, usageError } from "./failure.js";
import { knowFlags } from "./flags/flag-names.js";
import { Output } from "./output.js";
import { listenForStop, type Stopping } from "./signals.js";

interface CommandEntry {
  readonly usage: string;
  readonly summary: string;
  load(): Promise<{ readonly command: CliCommand }>;
}

const commands: Readonly<Record<string, CommandEntry>> = {
  train: {
    usage: "<data>",
    summary: "learn from rows that are normal, and write a model",
    load: () => import("./commands/train.js"),
  },
  score: {
    usage: "<model> <data>",
    summary: "score rows: the higher, the more abnormal",
    load: () => import("./commands/score.js"),
  },
  gallery: {
    usage: "<model> <data>",
    summary: "make a page to look through images and where they are abnormal",
    load: () => import("./commands/gallery.js"),
  },
  incidents: {
    usage: "<model> <data>",
    summary: "list stretches of a series that are abnormal, instead of single steps",
    load: () => import("./commands/incidents.js"),
  },
  plot: {
    usage: "<model> <data>",
    summary: "make a page of a series: score and sensors over time, with what is flagged",
    load: () => import("./commands/plot.js"),
  },
  explain: {
    usage: "<model> <data>",
    summary: "say why rows are abnormal: which columns, and what would make them normal",
    load: () => import("./commands/explain.js"),
  },
  stream: {
    usage: "<model>",
    summary: "score rows as they come, JSON lines in and out",
    load: () => import("./commands/stream.js"),
  },
  evaluate: {
    usage: "<model> <data>",
    summary: "measure a model on rows with known labels",
    load: () => import("./commands/evaluate.js"),
  },
  adapt: {
    usage: "<model> <data>",
    summary: "move a model of a series to another operating point, by a few normal rows",
    load: () => import("./commands/adapt.js"),
  },
  threshold: {
    usage: "<model>",
    summary: "decide by another rule without training again, or keep several by name",
    load: () => import("./commands/threshold.js"),
  },
  calibrate: {
    usage: "<model> <data>",
    summary: "learn probabilities from rows with known labels, and keep them in the model",
    load: () => import("./commands/calibrate.js"),
  },
  compare: {
    usage: "<data...>",
    summary: "measure several detectors on labelled data, and say which to use",
    load: () => import("./commands/compare.js"),
  },
  tune: {
    usage: "<data>",
    summary: "search for better settings of a detector, with or without labels",
    load: () => import("./commands/tune.js"),
  },
  monitor: {
    usage: "<model>",
    summary: "tell whether data is still what a model was trained on",
    load: () => import("./commands/monitor.js"),
  },
  serve: {
    usage: "[models]",
    summary: "score over HTTP, and keep results, incidents and verdicts",
    load: () => import("./commands/serve.js"),
  },
  sign: {
    usage: "<model>",
    summary: "sign a model with an Ed25519 key",
    load: () => import("./commands/sign.js"),
  },
  verify: {
    usage: "<model>",
    summary: "tell whether a model is as it was signed",
    load: () => import("./commands/verify.js"),
  },
  inspect: {
    usage: "<file>",
    summary: "show what is in a data file or a model",
    load: () => import("./commands/inspect.js"),
  },
  doctor: {
    usage: "",
    summary: "check this machine: ONNX Runtime, cores, versions",
    load: () => import("./commands/doctor.js"),
  },
  help: {
    usage: "[topic]",
    summary: "explain a command or a topic, such as thresholds; alone, list them",
    load: () => import("./commands/help.js"),
  },
};

const examples = `Examples:
  hypersphere train normal.csv --out model.onnx
  hypersphere score model.onnx new.csv --out scores.csv
  hypersphere evaluate model.onnx labelled.csv --label-column y

Data is CSV (also .gz), TSV, JSON lines, Parquet, NPY or NPZ; - reads standard input.
Results go to standard output; progress, warnings (warning:) and errors (error:, hint:) to standard error.
With --json, errors are one line of JSON there: {"error":{"code","message","hint"},"exitCode"}.`;

/** Runs one command line and ends the process with its exit code. */
export async function runCli(argv: readonly string[]): Promise<never> {
  const json = argv.includes("--json");
  const debug = argv.includes("--debug");
  const quiet = argv.includes("--quiet") || argv.includes("-q");
  const output = new Output({ json, quiet });
  const fail = (error: unknown): ExitCode => {
    const failure = asFailure(error);
    output.endProgress();
    process.stderr.write(`${failureText(failure, { json, debug })}\n`);
    return exitCode(failure.code);
  };
  const outputFailure = watchOutput();
  process.on("uncaughtException", (error) => process.exit(fail(error)));
  const stopping = listenForStop(() => output.note("Stopping; press Ctrl-C again to stop at once."));

  let code: ExitCode;
  try {
    code = await execute(argv, output, stopping);
    output.endProgress();
  } catch (error) {
    code = fail(stopping.stopped() ? stoppedError(error) : error);
  }
  await flushed(process.stdout);
  const broken = outputFailure();
  if (broken !== undefined && code === EXIT.ok) {
    const { writeError } = await import("../io/fs-errors.js");
    code = fail(writeError(broken, "to standard output"));
  }
  await flushed(process.stderr);
  // Not left to end by itself: a read of standard input that was given up would keep the process alive.
  process.exit(code);
}

async function execute(given: readonly string[], output: Output, { signal }: Stopping): Promise<ExitCode> {
  const argv = helpOfCommand(given);
  const wanted = argv.find((argument) => !argument.startsWith("-"));
  const program = newProgram();
  let code: ExitCode = EXIT.ok;
  let hintFor: CliCommand["hintFor"];
  for (const [name, { usage, summary, load }] of Object.entries(commands)) {
    const command = program.command(name).summary(summary);
    command.description(summary.charAt(0).toUpperCase() + summary.slice(1));
    if (name !== wanted) {
      command.usage(usage);
      continue;
    }
    const { command: implementation } = await load();
    ({ hintFor } = implementation);
    await implementation.configure(command, argv);
    addCommonFlags(command);
    knowFlags(command.options.map(({ long }) => long ?? ""));
    command.action(async () => {
      code = (await implementation.run(command, { output, signal })) ?? EXIT.ok;
    });
  }
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.help") return EXIT.usage;
    if (error.exitCode === 0) return EXIT.ok;
    throw usageError(
      error,
      wanted !== undefined && Object.hasOwn(commands, wanted) ? wanted : undefined,
      hintFor,
    );
  }
  return code;
}

/** `help train` is `train --help`. */
function helpOfCommand(argv: readonly string[]): readonly string[] {
  const [first, name] = argv;
  return first === "help" && name !== undefined && Object.hasOwn(commands, name) ? [name, "--help"] : argv;
}

function newProgram(): Command {
  const program = new Command("hypersphere");
  return program
    .description("Deep one-class anomaly detection: learns what normal is, flags what is not.")
    .usage("<command> [options]")
    .version(VERSION, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help; hypersphere <command> --help tells more")
    .helpCommand(false)
    .addHelpText("after", `\n${examples}\n\n${exitCodesHelp}`)
    .configureHelp({
      helpWidth: Math.min(process.stdout.columns ?? 100, 110),
      optionTerm: (option: Option & { helpTerm?: string }) =>
        option.helpTerm ?? Help.prototype.optionTerm.call(new Help(), option),
      subcommandTerm: (command: Command) =>
        `${command.name()} ${commands[command.name()]?.usage ?? ""}`.trimEnd(),
    })
    .configureOutput({ outputError: () => {} })
    .exitOverride();
}

/**
 * Standard output may break: a reader such as `head` that had enough is no failure, a full disk is.
 * @returns a function that tells the failure, if there was one
 */
function watchOutput(): () => Error | undefined {
  let failure: Error | undefined;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") failure ??= error;
  });
  process.stderr.on("error", () => {});
  return () => failure;
}

async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writable) await new Promise<void>((resolve) => stream.write("", () => resolve()));
  // Errors are reported after the callback of the write that met them.
  await new Promise((resolve) => setImmediate(resolve));
}

/** After Ctrl-C things may fail in other ways than by noticing it; that is not worth telling. */
function stoppedError(error: unknown): HypersphereError | unknown {
  if ((error as Partial<HypersphereError>).code === "aborted") return error;
  try {
    throwIfAborted(AbortSignal.abort(error));
  } catch (stopped) {
    return stopped;
  }
}

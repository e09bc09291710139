import { Option } from "commander";
import { detectors } from "../../detectors/registry.js";
import { HypersphereError } from "../../errors.js";
import {
  concludeTuning,
  isTrialOf,
  planTuning,
  runTrials,
  SAMPLERS,
  TUNE_DEFAULTS,
  TUNE_OBJECTIVES,
  type TuneTrial,
} from "../../evaluate/tune/index.js";
import { observations } from "../../features/index.js";
import { checkWritable, writeFileAtomic } from "../../io/index.js";
import { tuningReport } from "../../report/tuning-report.js";
import { counted } from "../../text/format.js";
import type { CliCommand } from "../command.js";
import { dataDigest } from "../compare/data-digest.js";
import { readConfig } from "../files/config-file.js";
import { openSamples } from "../files/open-samples.js";
import { checkEnding, checkOutputs } from "../files/outputs.js";
import { addColumnFlags, runtimeFlag } from "../flags/data-flags.js";
import { optionsOnly, requireDetector } from "../flags/named-detector.js";
import { number, whole } from "../flags/parse.js";
import { addTrainingSampleFlags } from "../flags/sample-flags.js";
import { SchemaFlags } from "../flags/schema-flags.js";
import { TrialsFile } from "../tune/trials-file.js";
import { settingsOf, type TuneFlags } from "../tune/tune-flags.js";
import { answerText, bestConfig, tuningText } from "../tune/tuning-text.js";
import { workers } from "../tune/workers.js";

export const command: CliCommand = {
  configure(tune) {
    tune
      .argument(
        "<data>",
        "rows, series or images to learn from: normal ones, and known anomalies where there are labels",
      )
      .optionsGroup("Output (the answer is printed in any case):")
      .option("-o, --out <file>", "the answer as options for train --config, such as best.json")
      .option("--report <file>", "a page to read: trials, and how options and values go together")
      .option(
        "--trials-file <file>",
        "trials as they end, one line of JSON each (default: with --out, beside it: best.trials.jsonl)",
      )
      .option("--resume", "go on with the trials in that file")
      .option("--force", "overwrite files that exist")
      .option("--json", "print one JSON object instead of the table")
      .optionsGroup("Search:")
      .option("--detector <name>", `what to tune: ${Object.keys(detectors).join(", ")} (default: auto)`)
      .option("--config <file>", "options that stay as they are, as for train; the others are searched")
      .addOption(
        new Option(
          "--objective <name>",
          `what to make large: ${TUNE_OBJECTIVES.join(", ")}; the last two need labels (default: auroc where rows of both kinds are labelled, else combined)`,
        ),
      )
      .option("--sampler <name>", `how settings are chosen: ${SAMPLERS.join(", ")}`, TUNE_DEFAULTS.sampler)
      .option(
        "--halving <n>",
        "begin every setting with few training steps, and go on with the best one in n (successive halving, such as 3)",
        number("--halving"),
      )
      .option(
        "--trials <n>",
        "settings to try, the defaults among them; with --halving what goes on is another trial",
        whole("--trials"),
        TUNE_DEFAULTS.trials,
      )
      .option("--minutes <n>", "begin no trial after this time", number("--minutes"))
      .option("--seed <n>", "of the sampler, the splits and the fits", whole("--seed"), TUNE_DEFAULTS.seed)
      .option(
        "--repeats <n>",
        "splits that each setting is measured on",
        whole("--repeats"),
        TUNE_DEFAULTS.repeats,
      )
      .option(
        "--max-train <n>",
        "rows that a fit learns from at most",
        whole("--max-train"),
        TUNE_DEFAULTS.maxTrain,
      )
      .optionsGroup("Running:")
      .option(
        "--jobs <n>",
        "trials side by side, each in a process of its own; with more, settings are chosen from fewer known trials",
        whole("--jobs"),
        1,
      )
      .option("--timeout <seconds>", "give a trial up after this time", number("--timeout"), 3600)
      .option(...runtimeFlag);
    addTrainingSampleFlags(tune, "column with labels, to measure by; no fit sees them");
    addColumnFlags(tune);
    tune.addHelpText(
      "after",
      `
Examples:
  hypersphere tune plant.csv --detector deep-svdd --trials 60 --minutes 10 --out best.json
  hypersphere tune labelled.csv --label-column fault --sampler genetic --report search.html
  hypersphere train plant.csv --config best.json --out plant.onnx

See \`hypersphere help search\`.`,
    );
  },

  async run(command, context) {
    const [path] = command.processedArgs as [string];
    const flags = command.opts<TuneFlags>();
    const { output, signal } = context;
    const { out, report, trialsFile = besides(out), resume = false, force = false } = flags;
    const detector = requireDetector(namesOf(flags));
    checkNumbers(flags);
    if (path === "-") {
      throw new HypersphereError(
        "invalid-option",
        "The data are read again for every trial, which standard input cannot be.",
        {
          hint: "Write them to a file first.",
        },
      );
    }
    if (resume && trialsFile === undefined) {
      throw new HypersphereError("invalid-option", "--resume needs the file of trials to go on with.", {
        hint: "Add --trials-file, or --out.",
      });
    }
    await checkOutputs(
      { "--out": out, "--report": report, "--trials-file": trialsFile },
      { "the data": path, "--config": flags.config, "--labels": flags.labels },
    );
    checkEnding("--out", out, "options");
    checkEnding("--report", report, "page");
    for (const file of [out, report]) if (file !== undefined) await checkWritable(file, { force });
    if (trialsFile !== undefined) await checkWritable(trialsFile, { force: force || resume });
    const config = flags.config;
    const given =
      config === undefined
        ? {}
        : new SchemaFlags(detector.options).fromJson(optionsOnly(await readConfig(config)), config);
    const { objective, sampler, halving, trials, seed, repeats, maxTrain } = flags;
    const plan = planTuning(observations(await openSamples(path, flags, context)), {
      ...{
        detector: detector.name,
        options: given,
        objective,
        sampler,
        halving,
        trials,
        seed,
        repeats,
        maxTrain,
      },
    });

    const settings = { ...settingsOf(plan, flags), data: await dataDigest(path) };
    const known = (value: unknown): value is TuneTrial => isTrialOf(plan, value);
    const file =
      trialsFile === undefined ? undefined : await TrialsFile.open(trialsFile, settings, resume, known);
    const { previous = [], unread = 0 } = file ?? {};
    if (unread > 0)
      output.warn(
        `${trialsFile}: ${counted(unread, "line")} held no trial of this search; what is missing runs again.`,
      );
    if (previous.length > 0) output.note(`${counted(previous.length, "trial")} done before.`);
    else if (resume) output.note(`${trialsFile} has no trials yet: the search begins anew.`);
    const { measure, stop } = workers(plan, path, flags, signal);
    try {
      let done = previous.length;
      const measured = await runTrials({
        ...{
          space: plan.space,
          sampler: plan.sampler,
          halving: plan.halving,
          seed,
          trials,
          defaults: plan.defaults,
          previous,
        },
        parallel: flags.jobs,
        expired: expiry(flags.minutes),
        measure: (trial) => measure(trial, plan.repeats),
        async onTrial(trial) {
          await file?.add(trial);
          if (trial.error !== undefined) output.warn(`trial ${trial.number}: ${trial.error}`);
          output.progress("tuning", ++done / trials, `trial ${trial.number}`);
        },
      });
      output.progress("comparing with the defaults", 1);
      const tuning = await concludeTuning(plan, measured, (trial) => measure(trial, plan.confirming));
      output.endProgress();
      if (out !== undefined) await writeFileAtomic(out, bestConfig(tuning), { force });
      if (report !== undefined) {
        const source = plan.samples.data.source;
        await writeFileAtomic(
          report,
          tuningReport({ tuning, source, settings, answer: answerText(tuning) }),
          {
            force,
          },
        );
      }
      for (const note of tuning.notes) output.warn(note);
      if (flags.json) output.resultJson(tuning);
      else output.result(tuningText(tuning));
      for (const written of [out, report]) if (written !== undefined) output.note(`Wrote ${written}.`);
    } catch (error) {
      if (!signal.aborted || file === undefined) throw error;
      throw new HypersphereError("aborted", "The search was stopped.", {
        hint: `The same command with --resume goes on from ${file.path}.`,
        cause: error,
      });
    } finally {
      stop();
      output.endProgress();
      await file?.close();
    }
    return undefined;
  },
};

/** best.json as best.trials.jsonl. */
const besides = (out: string | undefined): string | undefined =>
  out === undefined ? undefined : `${out.replace(/\.json$/i, "")}.trials.jsonl`;

const namesOf = ({ detector, config }: TuneFlags) => ({
  ...(detector !== undefined && { detector }),
  ...(config !== undefined && { config }),
});

function checkNumbers({ jobs, timeout, minutes = 1 }: TuneFlags): void {
  for (const [flag, value] of Object.entries({
    "--jobs": jobs,
    "--timeout": timeout,
    "--minutes": minutes,
  })) {
    if (value > 0) continue;
    throw new HypersphereError("invalid-option", `${flag} is ${value}, expected a number above 0.`);
  }
}

function expiry(minutes: number | undefined): (() => boolean) | undefined {
  if (minutes === undefined) return undefined;
  const end = performance.now() + 60_000 * minutes;
  return () => performance.now() >= end;
}

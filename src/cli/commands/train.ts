import type { Command } from "commander";
import { type Dataset, type Samples, samplesOf } from "../../data/index.js";
import { learnsFrom } from "../../detectors/fit/abilities.js";
import type { CommonOptions } from "../../detectors/fit/common-options.js";
import { trainingSet } from "../../detectors/fit/supervision.js";
import { findPreset, presets } from "../../detectors/presets.js";
import { type Detector, type DetectorEntry, detectors } from "../../detectors/registry.js";
import { scoreTerms } from "../../detectors/score-terms.js";
import { HypersphereError } from "../../errors.js";
import { requireKeeping, requireTerms, withContributions, withNormalRows } from "../../explain/index.js";
import {
  indicesOf,
  inSeason,
  kindOf,
  labelCounts,
  observations,
  selectSamples,
} from "../../features/index.js";
import { checkWritable, writeFileAtomic } from "../../io/write-file.js";
import type { Json, Progress } from "../../model/contract.js";
import { decideBy } from "../../model/index.js";
import { modelColumnTypes } from "../../model/open-samples.js";
import type { RobustFit } from "../../robust/train-robust.js";
import { calibrationSizeForRule } from "../../scoring/index.js";
import type { CliCommand, CliContext } from "../command.js";
import { CheckpointFile } from "../files/checkpoint-file.js";
import { readConfig } from "../files/config-file.js";
import { openSamples } from "../files/open-samples.js";
import { checkEnding, checkOutputs } from "../files/outputs.js";
import { namesInFile, requirePageFile, TrainingWatch } from "../files/training-page-file.js";
import {
  addBackboneFlag,
  type BackboneFlag,
  checkBackboneFlag,
  readBackboneFile,
} from "../flags/backbone-flag.js";
import { addColumnFlags, type RuntimeChoice, runtimeFlag } from "../flags/data-flags.js";
import { addFleetFlags, type FleetFlags, refuseOfOneModel, requireFleet } from "../flags/fleet-flags.js";
import { refuseIdle } from "../flags/idle-flags.js";
import { addMaskFlag, type MaskFlags, readMask } from "../flags/mask-flag.js";
import {
  DEFAULT_DETECTOR,
  ENCODER_DETECTOR,
  type NamingFlags,
  namesIn,
  optionsOnly,
  requireDetector,
  TILE_DETECTOR,
  whoseOption,
} from "../flags/named-detector.js";
import { whole } from "../flags/parse.js";
import {
  addRobustFlags,
  checkRobustFlags,
  fitRobust,
  type RobustFlags,
  warnOfEstimate,
  writeSuspicious,
} from "../flags/robust-flags.js";
import { addTrainingSampleFlags, type TrainingSampleFlags } from "../flags/sample-flags.js";
import { SchemaFlags } from "../flags/schema-flags.js";
import {
  addSupervisionFlags,
  checkSupervisionFlags,
  readDefects,
  readOutliers,
  type SupervisionFlags,
  startingModel,
  startingOptions,
} from "../flags/supervision-flags.js";
import { addRuleFlag, type RuleFlags, requireCalibration, trainingRule } from "../flags/train-threshold.js";
import { reportDryRun } from "../print/train-dry-run.js";
import { reportTrained } from "../print/train-summary.js";
import { useRuntime } from "../use-runtime.js";

interface TrainFlags
  extends TrainingSampleFlags,
    RobustFlags,
    RuleFlags,
    SupervisionFlags,
    BackboneFlag,
    MaskFlags,
    FleetFlags,
    NamingFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly config?: string;
  readonly checkpoint?: string;
  readonly dryRun?: boolean;
  readonly report?: string;
  readonly explain?: boolean;
  readonly keepRows?: number;
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  hintFor: whoseOption,
  configure(train, argv) {
    // Its flags have to be known before commander has parsed anything.
    const detector = requireDetector(namesIn(argv));
    train
      .argument(
        "<data>",
        "rows, series or a folder of images that are normal, all of them or nearly so; - for standard input",
      )
      .optionsGroup("Output:")
      .option("-o, --out <file>", "the model to write, such as model.onnx")
      .option("--report <file>", "write a page that shows what the model learned, such as training.html")
      .option(
        "--explain",
        `add an output to the model that says what each column adds to a row's score (${Object.keys(scoreTerms).join(", ")})`,
      )
      .option(
        "--keep-rows <n>",
        "keep so many normal rows in the model, for explanations to compare with; of tables, 10 to 1000 (default: none)",
        whole("--keep-rows"),
      )
      .option("--force", "replace files that exist")
      .option("--json", "print one JSON object instead of the summary")
      .option("--dry-run", "read the data, show what would be trained, and write nothing")
      .option(
        "--checkpoint <file>",
        "keep the state of the training there; the same command then resumes it",
      );
    addTrainingSampleFlags(
      train,
      learnsFrom(detector, "labels")
        ? "column with verdicts: normal, anomaly, or empty for rows that nobody has judged"
        : "column with labels; only normal rows are learned from",
    );
    addColumnFlags(train);
    train
      .optionsGroup("Training:")
      .option(
        "--detector <name>",
        `what to train: ${Object.keys(detectors).join(", ")} (default: ${DEFAULT_DETECTOR}, ${ENCODER_DETECTOR} with --encoder, or ${TILE_DETECTOR} with --tile); each has options of its own`,
      )
      .option(
        "--preset <name>",
        `published settings: ${Object.entries(presets)
          .map(([name, { title }]) => `${name} (${title})`)
          .join(", ")}; flags and --config win over them`,
      )
      .option(
        "--config <file>",
        'options from a JSON file, such as {"latentDim": 32} or what tune writes, which names the detector; flags win over it',
      )
      .option(...runtimeFlag);
    addRuleFlag(train);
    addRobustFlags(train);
    addSupervisionFlags(train);
    addBackboneFlag(train);
    addMaskFlag(train);
    addFleetFlags(train);
    new SchemaFlags(detector.options).addTo(train, `Options of ${detector.name} (${detector.title}):`);
  },

  async run(train, context) {
    const [path] = train.processedArgs as [string];
    const flags = train.opts<TrainFlags>();
    const detector = requireDetector(flags);
    requireFleet(flags);
    if (flags.perEntity !== undefined) refuseOfOneModel(flags);
    checkSupervisionFlags(detector, flags);
    checkBackboneFlag(detector, flags);
    const from = await startingModel(flags);
    const given = await resolveOptions(train, flags, detector);
    const rule = trainingRule(train, flags);
    if (flags.out === undefined && !flags.dryRun) {
      throw new HypersphereError("invalid-option", "There is no file to write the model to.", {
        hint: "Add --out model.onnx, or --dry-run to see what would be trained.",
      });
    }
    await checkOutputs(
      {
        ...{ "--out": flags.out, "--report": flags.report, "--suspicious": flags.suspicious },
        "--checkpoint": flags.checkpoint,
      },
      {
        ...{
          "the data": path,
          "--outliers": flags.outliers,
          "--defects": flags.defects,
          "--from": flags.from,
        },
        ...{ "--config": flags.config, "--labels": flags.labels, "--mask": flags.mask },
        ...{ "--backbone": flags.backbone },
      },
    );
    requirePageFile(flags.report);
    checkEnding("--report", flags.report, "page");
    for (const path of [flags.out, flags.report])
      if (path !== undefined) await checkWritable(path, { force: flags.force });
    await checkRobustFlags(flags);
    if (flags.perEntity !== undefined) {
      const { trainFleetCommand } = await import("../fleet/train-fleet.js");
      const optionsFor = async ({ data }: Samples): Promise<Record<string, unknown>> => ({
        ...(await publishedOptions(flags, data)),
        ...given,
      });
      const fleet = { path, flags: { ...flags, perEntity: flags.perEntity }, detector, optionsFor, rule };
      return trainFleetCommand(train, fleet, context);
    }
    const checkpoint =
      flags.checkpoint === undefined ? undefined : await CheckpointFile.open(flags.checkpoint);

    const columnTypes = from && modelColumnTypes(from);
    const opened = await openSamples(path, flags, context, { part: "train", columnTypes });
    const samples = observations(opened);
    const { data, labels } = trainingSet({ ...detector, known: Object.values(detectors) }, samples, {});
    const options = { ...(await publishedOptions(flags, data)), ...startingOptions(from), ...given };
    refuseIdle(train, detector, data, options);
    const instance = detector.create(options);
    if (flags.explain) requireContributions(instance, detector.name, data, flags);
    if (flags.keepRows !== undefined) requireKeeping(data, flags.keepRows);
    // Chosen already: the fit need not choose again.
    const lesson = samplesOf(data, { labels, reading: samples.reading });
    const rows = samples.labels && labelCounts(samples.labels);
    if (rule !== undefined) {
      const trimmed = flags.robust && typeof flags.trim === "number" ? flags.trim : 0;
      const unsuspected =
        labels === undefined
          ? data
          : selectSamples(
              data,
              indicesOf(labels, (label) => label !== 1),
            );
      await requireCalibration(rule, unsuspected, instance.options as CommonOptions, trimmed);
    }
    const run = {
      detector: detector.name,
      options: instance.options as Record<string, Json>,
      samples: data,
      rows,
      reading: samples.reading,
    };
    const outliers = await readOutliers(flags, data, flags, context);
    const defects = await readDefects(flags, flags, context);
    const backbone = await readBackboneFile(flags);
    const mask = await readMask(flags);
    if (flags.dryRun) {
      reportDryRun(run, { labelColumn: samples.labelColumn, out: flags.out }, context);
      return undefined;
    }

    useRuntime(flags.runtime, context);
    const begun = performance.now();
    const watch = flags.report === undefined ? undefined : new TrainingWatch();
    const fitted = await runFit(
      async (): Promise<Fitted> => {
        const options = {
          ...fitOptions(context, checkpoint, watch),
          ...{ outliers, defects, from, backbone, mask },
          ...(rule !== undefined && { calibrationSize: calibrationSizeForRule(rule) }),
        };
        return flags.robust
          ? fitRobust(instance, samples, flags, { ...options, labels })
          : { model: await instance.fit(lesson, options) };
      },
      checkpoint,
      context,
    );
    const decided = rule === undefined ? fitted.model : await decideBy(rule, fitted.model);
    const explained = flags.explain ? await withContributions(decided) : decided;
    const model =
      flags.keepRows === undefined
        ? explained
        : await withNormalRows(explained, lesson, { rows: flags.keepRows });
    const seconds = (performance.now() - begun) / 1000;
    if (fitted.contamination !== undefined) warnOfEstimate(fitted.contamination, context);
    if (flags.suspicious !== undefined) {
      const rowNumber = (row: number): number => numberInFile(samples, row);
      await writeSuspicious(flags.suspicious, fitted.suspicious ?? [], rowNumber, flags, context);
    }
    const writing = { force: flags.force, signal: context.signal };
    await writeFileAtomic(flags.out!, model.toBytes(), writing);
    await checkpoint?.remove();
    if (watch !== undefined) {
      const names = namesInFile(opened, learnsFrom(detector, "labels"));
      await writeFileAtomic(flags.report!, await watch.page(model, lesson, names, context), writing);
    }
    await reportTrained(model, { ...run, out: flags.out!, report: flags.report, seconds }, context);
    return undefined;
  },
};

const publishedOptions = async ({ preset }: NamingFlags, data: Dataset): Promise<Record<string, Json>> =>
  preset === undefined ? {} : findPreset(preset).optionsFor(data, preset);

/** Refuses before anything is trained. */
function requireContributions(
  { options }: Detector,
  detector: string,
  data: Dataset,
  { backbone }: TrainFlags,
): void {
  requireTerms({
    ...{ detector, options: options as Record<string, Json>, kind: kindOf(data) },
    ...{ backbone: backbone !== undefined, inSeason: inSeason(data) },
  });
}

async function resolveOptions(
  train: Command,
  { config }: TrainFlags,
  detector: DetectorEntry,
): Promise<Record<string, Json>> {
  const detectorFlags = new SchemaFlags(detector.options);
  const given = detectorFlags.given(train);
  if (config === undefined) return given;
  return { ...detectorFlags.fromJson(optionsOnly(await readConfig(config)), config), ...given };
}

/** From 1: rows of a part have their numbers in the whole file for names. */
function numberInFile({ names }: Samples, row: number): number {
  return names?.columns[0] === "row" ? Number(names.of(row)[0]) : row + 1;
}

function fitOptions(
  { output, signal }: CliContext,
  checkpoint: CheckpointFile | undefined,
  watch: TrainingWatch | undefined,
) {
  if (checkpoint?.resumed) output.note(`Going on from ${checkpoint.path}.`);
  return {
    signal,
    checkpoint,
    ...watch?.listeners,
    onWarning: (message: string) => {
      output.warn(message);
      watch?.listeners.onWarning(message);
    },
    onProgress: (progress: Progress) =>
      output.progress(
        progress.stage === "preparing" ? "preparing" : "training",
        progress.fraction,
        details(progress),
      ),
  };
}

function details({ stage, member, members, epoch, epochs, unit, loss, fold, folds }: Progress): string {
  const parts: string[] = [];
  if (fold !== undefined && folds !== undefined) parts.push(`fold ${fold}/${folds}`);
  if (stage === "pretraining" || stage === "calibrating") parts.push(stage);
  if (member !== undefined && members !== undefined && members > 1)
    parts.push(`network ${member}/${members}`);
  if (epoch !== undefined && epochs !== undefined) parts.push(`${unit ?? "epoch"} ${epoch}/${epochs}`);
  if (loss !== undefined) parts.push(`loss ${loss.toPrecision(3)}`);
  return parts.join("  ");
}

/** A model, and where the training was robust, what that found. */
type Fitted = Pick<RobustFit, "model"> & Partial<RobustFit>;

/** Whatever ends the training early, the checkpoint holds the latest state of it. */
async function runFit<T>(
  train: () => Promise<T>,
  checkpoint: CheckpointFile | undefined,
  { output, signal }: CliContext,
): Promise<T> {
  try {
    const fitted = await train();
    if (checkpoint?.asked === false) {
      output.warn("--checkpoint did nothing: this training has no state that another could go on from.");
    }
    return fitted;
  } catch (error) {
    output.endProgress();
    await checkpoint?.flush();
    if (signal.aborted && checkpoint?.asked) {
      throw new HypersphereError("aborted", "The training was stopped.", {
        hint: `The same command goes on from ${checkpoint.path}.`,
        cause: error,
      });
    }
    throw error;
  } finally {
    output.endProgress();
  }
}

import { type DriftMonitor, driftReport, monitorFor, restoreMonitor } from "../../drift/index.js";
import { HypersphereError } from "../../errors.js";
import { kindOfSchema } from "../../features/index.js";
import { writeFileAtomic } from "../../io/write-file.js";
import { digestOf } from "../../math/digest.js";
import type { Model } from "../../model/index.js";
import { cut } from "../../text/format.js";
import type { CliCommand, CliContext } from "../command.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { fleetAt } from "../files/fleet-file.js";
import { loadModelFile } from "../files/model-file.js";
import { openSamples } from "../files/open-samples.js";
import { checkOutputs } from "../files/outputs.js";
import { readStateFile, withStateFile } from "../files/state-file.js";
import { type DataFlags, type RuntimeChoice, runtimeFlag } from "../flags/data-flags.js";
import { share, whole } from "../flags/parse.js";
import { addMonitoringSampleFlags, type ImageFlags, type PointFlags } from "../flags/sample-flags.js";
import { reportText } from "../print/drift-report.js";
import { useScoringRuntime } from "../use-runtime.js";

interface MonitorFlags
  extends DataFlags,
    Pick<ImageFlags, "skipCorrupt" | "maxPixels">,
    Pick<PointFlags, "stride"> {
  readonly input: string;
  readonly delta?: number;
  readonly seed?: number;
  readonly state?: string;
  readonly strict?: boolean;
  readonly runtime?: RuntimeChoice;
}

/** What --state keeps. The digest is that of the calibration scores: a state is worth nothing to another model. */
interface StateFile {
  readonly format: "hypersphere monitor 1";
  readonly calibration: string;
  readonly monitor: unknown;
}

const FORMAT = "hypersphere monitor 1";

export const command: CliCommand = {
  configure(monitor) {
    monitor
      .argument("<model>", "a file that `hypersphere train` wrote, of a model or of a fleet")
      .requiredOption(
        "-i, --input <data>",
        "rows, time steps or images in the order in which they came; - for standard input",
      )
      .optionsGroup("Alarm:")
      .option(
        "--delta <p>",
        "probability that a stream without drift ever raises the alarm (default: 0.01)",
        share("--delta"),
      )
      .option("--state <file>", "go on where this file's stream ended, and keep the new end there")
      .option("--strict", "exit code 8 also when only a column has moved more than chance explains")
      .option("--seed <n>", "of the draws that rank tied scores (default: 0)", whole("--seed"))
      .optionsGroup("Output:")
      .option("--json", "print one JSON object");
    addMonitoringSampleFlags(monitor);
    monitor.optionsGroup("Scoring:").option(...runtimeFlag);
    monitor.addHelpText(
      "after",
      "\nExit code 0 without drift, 8 with it. The alarm's promise is for rows that do not depend on their" +
        "\nneighbours in time; an alarm stays in the state file until you delete that. See `hypersphere help drift`.",
    );
  },

  async run(command, context) {
    const [modelPath] = command.processedArgs as [string];
    const flags = command.opts<MonitorFlags>();
    // That the state may be replaced is checked before any work.
    await checkOutputs({ "--state": flags.state }, { "the model": modelPath, "--input": flags.input });
    return withStateFile(flags.state, async () => {
      useScoringRuntime(flags.runtime, context);
      const fleet = await fleetAt(modelPath);
      if (fleet === undefined) return monitorModel(modelPath, flags, context);
      const { monitorFleet } = await import("../fleet/monitor-fleet.js");
      return monitorFleet(fleet, flags, context);
    });
  },
};

async function monitorModel(
  modelPath: string,
  flags: MonitorFlags,
  context: CliContext,
): Promise<ExitCode | undefined> {
  const { output, signal } = context;
  const { model } = await loadModelFile(modelPath);
  const digest = await digestOf([new Uint8Array(model.calibrationScores.buffer)]);
  const known = flags.state === undefined ? undefined : await readState(flags.state, digest);
  const monitor = known === undefined ? newMonitor(model, flags) : goingOn(known, flags);
  const samples = await openSamples(flags.input, flags, context, { model, labelled: false });

  const report = await driftReport(model, samples, {
    monitor,
    signal,
    onProgress: (fraction) => output.progress("scoring", fraction),
  });
  output.endProgress();
  if (flags.state !== undefined) {
    const state: StateFile = { format: FORMAT, calibration: digest, monitor: monitor.state() };
    await writeFileAtomic(flags.state, `${JSON.stringify(state)}\n`, { force: true, signal });
  }
  if (model.card.reference === undefined && report.features.some(({ stability }) => stability === null)) {
    const names = report.features.filter(({ stability }) => stability === null).map(({ name }) => name);
    output.warn(
      `The model does not know how its training data were distributed (${cut(names.join(", "), 60)}); train it again for that.`,
    );
  }
  if (output.json) output.resultJson(report);
  else output.result(reportText(report, kindOfSchema(model.card.schema).noun));
  return report.drift || (flags.strict && report.shifted.length > 0) ? EXIT.drift : undefined;
}

function newMonitor(model: Model, { delta, seed }: MonitorFlags): DriftMonitor {
  return monitorFor(model, { delta, seed });
}

/** A promise cannot be changed once the stream has begun. */
function goingOn(known: DriftMonitor, { delta, seed, state }: MonitorFlags): DriftMonitor {
  const kept = known.state();
  for (const [name, given, has] of [
    ["--delta", delta, kept.delta],
    ["--seed", seed, kept.seed],
  ] as const) {
    if (given === undefined || given === has) continue;
    throw new HypersphereError("invalid-option", `${name} is ${given}, but ${state} was begun with ${has}.`, {
      hint: `Leave ${name} out, or begin a new stream with another state file.`,
    });
  }
  return known;
}

/** Undefined where there is no such file yet. */
async function readState(path: string, digest: string): Promise<DriftMonitor | undefined> {
  const state = await readStateFile<StateFile>(path, FORMAT, "monitor");
  if (state === undefined) return undefined;
  if (state.calibration !== digest) {
    throw new HypersphereError("invalid-option", `${path} is the state of another model's stream.`, {
      hint: "Scores of two models cannot be compared: name a new file for --state.",
    });
  }
  return restoreMonitor(state.monitor);
}

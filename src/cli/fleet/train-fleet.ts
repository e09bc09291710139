import { stat } from "node:fs/promises";
import type { Command } from "commander";
import type { DetectorEntry } from "../../detectors/registry.js";
import { HypersphereError } from "../../errors.js";
import { type FleetPlan, planFleet } from "../../fleet/plan-fleet.js";
import { checkFitSeconds, type FleetReport, runPlan } from "../../io/fleet/train-fleet.js";
import { type Rule, ruleText } from "../../scoring/index.js";
import { bytes, columns, count, counted, duration } from "../../text/format.js";
import type { CliContext } from "../command.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { openSamples } from "../files/open-samples.js";
import type { RuntimeChoice } from "../flags/data-flags.js";
import type { FleetFlags } from "../flags/fleet-flags.js";
import { refuseIdle } from "../flags/idle-flags.js";
import type { TrainingSampleFlags } from "../flags/sample-flags.js";
import { useRuntime } from "../use-runtime.js";

interface TrainFleetFlags extends TrainingSampleFlags, FleetFlags {
  readonly perEntity: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly explain?: boolean;
  readonly runtime?: RuntimeChoice;
}

export interface FleetRequest {
  readonly path: string;
  readonly flags: TrainFleetFlags;
  readonly detector: DetectorEntry;
  /** From what was read, as a preset needs it. */
  optionsFor(samples: Awaited<ReturnType<typeof openSamples>>): Promise<Record<string, unknown>>;
  readonly rule: Rule | undefined;
}

/** Failed fits that are named one by one. */
const NAMED = 5;

/** `train --per-entity`. The exit code says whether some entities failed. */
export async function trainFleetCommand(
  train: Command,
  { path, flags, detector, optionsFor, rule }: FleetRequest,
  context: CliContext,
): Promise<ExitCode | undefined> {
  const { output, signal } = context;
  const { out, force, workers, minRows, fallbackRows, explain, fitSeconds, runtime } = flags;
  if (workers !== undefined && workers < 1) {
    throw new HypersphereError(
      "invalid-option",
      `--workers is ${workers}, expected a whole number from 1 on.`,
    );
  }
  checkFitSeconds(fitSeconds, "--fit-seconds");
  const samples = await openSamples(path, flags, context, { part: "train" });
  const options = await optionsFor(samples);
  refuseIdle(train, detector, samples.data, options as Parameters<typeof refuseIdle>[3]);
  useRuntime(runtime, context);
  const begun = performance.now();
  const warn = (sentence: string): void => output.warn(sentence);
  const training = {
    detector: detector.name,
    options,
    explain,
    minRows,
    fallbackRows,
    rule: rule && ruleText(rule),
  };
  const plan = await planFleet(samples, training, warn);
  if (flags.dryRun) {
    reportPlan(plan, samples.data.source, context);
    return undefined;
  }
  let report: FleetReport;
  try {
    report = await runPlan(plan, {
      ...{ out: out!, force, workers, fitSeconds, runtime, signal, onWarning: warn },
      onProgress: ({ done, total, failed }) =>
        output.progress(
          "training",
          done / total,
          `model ${count(done)} of ${count(total)}${failed > 0 ? `, ${count(failed)} failed` : ""}`,
        ),
    });
  } finally {
    output.endProgress();
  }
  if (report.resumed > 0) output.note(`${counted(report.resumed, "model")} done before.`);
  for (const { name, error } of report.failed.slice(0, NAMED))
    output.warn(`The fit of ${name} failed: ${error}`);
  if (report.failed.length > NAMED)
    output.warn(
      `${count(report.failed.length - NAMED)} more fits failed; \`hypersphere inspect ${out}\` lists them.`,
    );
  await reportFleet(report, { out: out!, source: samples.data.source, begun }, context);
  return report.failed.length > 0 ? EXIT.partial : undefined;
}

function reportPlan(plan: FleetPlan, source: string, { output }: CliContext): void {
  const own = plan.entities.filter((entity) => entity.own);
  if (output.json) {
    output.resultJson({
      dryRun: true,
      ...{ detector: plan.detector, options: plan.options, rule: plan.rule ?? null, minRows: plan.minRows },
      data: { source, entityColumn: plan.entityColumn },
      entities: plan.entities.map(({ name, rows, own }) => ({ name, rows, own })),
      fallback: { rows: plan.fallback.rows },
    });
    return;
  }
  output.result(
    [
      `Would train ${counted(own.length + 1, "model")} of ${plan.detector}; nothing was trained or written.`,
      ...columns([
        ["data", `${source}, one entity per value of "${plan.entityColumn}"`],
        [
          "own models",
          `${counted(own.length, "entity", "entities")} with ${count(plan.minRows)} rows or more`,
        ],
        [
          "model of all",
          `${counted(plan.entities.length - own.length, "entity", "entities")} with fewer, and entities to come`,
        ],
      ]).map((line) => `  ${line}`),
    ].join("\n"),
  );
}

async function reportFleet(
  { index, own, few, failed, resumed }: FleetReport,
  { out, source, begun }: { readonly out: string; readonly source: string; readonly begun: number },
  { output }: CliContext,
): Promise<void> {
  const seconds = (performance.now() - begun) / 1000;
  const { size } = await stat(out);
  if (output.json) {
    output.resultJson({
      ...{ fleet: out, bytes: size, seconds: Number(seconds.toFixed(3)) },
      ...{ detector: index.detector, options: index.options, rule: index.rule ?? null },
      data: { source, entityColumn: index.entityColumn },
      entities: { total: index.entities.length, own, fewRows: few, failed },
      ...{ minRows: index.minRows, fallbackRows: index.fallback.rows, resumed },
    });
    return;
  }
  if (output.quiet) return;
  const lines: [string, string][] = [
    ["own models", counted(own, "entity", "entities")],
    [
      "model of all",
      `from ${count(index.fallback.rows)} rows; stands in for ${counted(few, "entity", "entities")} with fewer than ${count(index.minRows)} rows`,
    ],
    ...(failed.length > 0
      ? [
          ["failed", `${counted(failed.length, "entity", "entities")}, for which it stands in too`] as [
            string,
            string,
          ],
        ]
      : []),
    ["time", duration(seconds)],
  ];
  output.result(`Trained a fleet of ${index.detector} on ${source}, one model per "${index.entityColumn}":`);
  for (const line of columns(lines)) output.result(`  ${line}`);
  output.result(`Wrote ${out} (${bytes(size)}).`);
}

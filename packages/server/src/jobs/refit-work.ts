import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type FitOptions,
  HypersphereError,
  loadModel,
  type Model,
  open,
  type Samples,
  samplesOf,
} from "hypersphere";
import { ruleText, thresholdRules } from "hypersphere/scoring";
import { type Comparison, compareVersions } from "./compare-versions.js";
import { FILES } from "./messages.js";
import { writeReport } from "./report-work.js";
import { type RefitRequest, requireDetector } from "./request.js";
import { decided } from "./train-work.js";

/** A row that was kept, as a line of the job's data. */
export interface RefitRow {
  readonly input: Readonly<Record<string, unknown>>;
  /** 1 anomaly, 0 normal, -1 without a verdict. */
  readonly label: -1 | 0 | 1;
  /** Left out of the fit, to compare both versions on. */
  readonly held: boolean;
}

/** What Deep SAD goes on from. */
const CENTRED = ["deep-svdd", "deep-sad"];

/** Learns anew from rows that were kept, with what people said of them, and compares with the version before. */
export async function refit(
  { version, rule, trusted, limits }: RefitRequest,
  folder: string,
  fitOptions: FitOptions,
): Promise<{ model: Model; comparison: Comparison }> {
  const before = await loadModel(join(folder, FILES.from), trusted ? {} : { trusted, limits });
  const text = await readFile(join(folder, FILES.data), "utf8");
  const rows: RefitRow[] = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  const lesson = rows.filter(({ held }) => !held);
  const model = await learned(before, lesson, folder, fitOptions);
  const after = await decided(model, rule ?? ruleOf(before));
  const held = rows.filter((row) => row.held);
  const samples = held.length === 0 ? undefined : await samplesFrom(held, before, folder);
  const labels = held.map(({ label }) => label);
  const comparison = await compareVersions({ model: before, version }, after, samples, labels);
  await before.close();
  await writeReport(after, folder, {}, fitOptions.onWarning);
  return { model: after, comparison };
}

async function learned(
  before: Model,
  lesson: readonly RefitRow[],
  folder: string,
  fitOptions: FitOptions,
): Promise<Model> {
  const { detector: name, options } = before.card;
  const warm = CENTRED.includes(name) && options["calibration"] !== "cross";
  const detector = requireDetector(warm ? "deep-sad" : name);
  const known = Object.fromEntries(
    Object.entries(options).filter(([option]) => Object.hasOwn(detector.options.shape, option)),
  );
  const labelled = detector.learnsFrom.labels;
  const rows = labelled ? lesson : lesson.filter(({ label }) => label !== 1);
  if (rows.length === 0) {
    throw new HypersphereError("unfit-data", "No row is left to learn from.", {
      hint: "Score rows with keep=all, so that their values are stored.",
    });
  }
  const samples = await samplesFrom(rows, before, folder);
  const count = (label: number): number => rows.filter((row) => row.label === label).length;
  fitOptions.onWarning?.(
    `Learns from ${rows.length} rows that were kept: ${count(0)} said to be normal, ${count(-1)} without a verdict, ` +
      `${count(1)} said to be anomalies${warm ? "; goes on from the networks of the version before" : ""}.`,
  );
  const lessonOf = labelled
    ? samplesOf(samples, { labels: Int8Array.from(rows, ({ label }) => label) })
    : samples;
  return detector.create(known).fit(lessonOf, { ...fitOptions, ...(warm && { from: before }) });
}

/** Read as the model's own data were. */
async function samplesFrom(rows: readonly RefitRow[], model: Model, folder: string): Promise<Samples> {
  const path = join(folder, `${FILES.data}.jsonl`);
  await writeFile(path, `${rows.map(({ input }) => JSON.stringify(input)).join("\n")}\n`, { mode: 0o600 });
  return open(path, { model });
}

/** The rule behind a model's threshold, where it can be applied to other scores; undefined for scores that a person set. */
function ruleOf({ card: { threshold } }: Model): string | undefined {
  try {
    const text = ruleText({ name: threshold.method, parameters: threshold.parameters });
    return thresholdRules[threshold.method]?.needs === "normals" ? text : undefined;
  } catch {
    return undefined;
  }
}

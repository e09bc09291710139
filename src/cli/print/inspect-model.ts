import { columnSchema, kindOfSchema } from "../../features/index.js";
import { type DecodedValue, decodeModel } from "../../graph/index.js";
import { writeFileAtomic } from "../../io/write-file.js";
import type { ContributionRecord, Model, ModelCard } from "../../model/index.js";
import type { ProbabilityCalibration } from "../../scoring/index.js";
import { bytes, columns, count, counted, figure, percent } from "../../text/format.js";
import type { CliContext } from "../command.js";
import { type LoadedModel, loadModelFile } from "../files/model-file.js";
import { openSamples } from "../files/open-samples.js";
import { namesInFile, pageOf } from "../files/training-page-file.js";
import { describeBackbone } from "../flags/backbone-flag.js";
import { inFlags } from "../flags/flag-names.js";
import type { SampleFlags } from "../flags/sample-flags.js";
import { describeSupervision } from "../flags/supervision-flags.js";
import { useScoringRuntime } from "../use-runtime.js";
import { adaptedLines, describeAdaptation } from "./adaptation.js";
import {
  describeColumns,
  describeInput,
  describeMask,
  describeSeason,
  describeTiles,
} from "./describe-input.js";
import { objectOf } from "./map-training.js";
import { operatingPoints, pointLines } from "./operating-points.js";
import {
  describeAugmentation,
  describeMember,
  describeRepeats,
  describeSplit,
  describeThreshold,
  describeTraining,
} from "./training-report.js";

/** What `inspect` is asked for beside the card of a model. */
export interface InspectModelFlags extends SampleFlags {
  /** Where the page goes. */
  readonly report?: string | undefined;
  /** Rows that it looks at. */
  readonly data?: string | undefined;
  readonly force?: boolean | undefined;
}

export async function inspectModel(
  path: string,
  flags: InspectModelFlags,
  context: CliContext,
): Promise<void> {
  const { model, bytes: file } = await loadModelFile(path);
  return showModel(path, { model, bytes: file }, flags, context);
}

/**
 * The same of a model that was read already.
 * @param path what it is called
 * @param takeOut the command that makes an ONNX file of it, `model.onnx`; absent where `path` is one
 */
export async function showModel(
  path: string,
  { model, bytes: file }: LoadedModel,
  flags: InspectModelFlags,
  context: CliContext,
  takeOut?: string,
): Promise<void> {
  const { output } = context;
  const { card } = model;
  if (flags.report !== undefined) await writePage(model, flags.report, flags, context);
  if (output.json) {
    output.resultJson(card);
    return;
  }
  const { inputs, outputs, irVersion, opsets } = decodeModel(file);
  const sections: [title: string, lines: string[]][] = [
    [`${path}: ${card.detector}, ${bytes(file.length)}`, overview(card)],
    ["Operating points", pointLines(operatingPoints(model))],
    ["Columns", describeColumns(card.schema, card.data.train)],
    [
      "Left out",
      columns((columnSchema(card.schema)?.dropped ?? []).map(({ name, reason }) => [name, inFlags(reason)])),
    ],
    [
      "Adapted (the training is of the earlier operating point)",
      card.adapted ? adaptedLines(card.adapted) : [],
    ],
    ["Training", trainingLines(card)],
    ["Options", optionLines(card)],
    [`ONNX inputs and outputs (IR ${irVersion}, opset ${opsets[""] ?? "?"})`, valueLines(inputs, outputs)],
    ["In Python (numpy, pandas, onnxruntime)", pythonLines(path, card, takeOut)],
  ];
  const shown = sections.filter(([, lines]) => lines.length > 0);
  output.result(
    shown.map(([title, lines]) => [title, ...lines.map((line) => `  ${line}`)].join("\n")).join("\n\n"),
  );
}

async function writePage(
  model: Model,
  report: string,
  { data, force, ...reading }: InspectModelFlags,
  context: CliContext,
): Promise<void> {
  useScoringRuntime(undefined, context);
  const samples =
    data === undefined ? undefined : await openSamples(data, reading, context, { model, labelled: false });
  const names = samples && namesInFile(samples, true);
  const page = await pageOf(model, { data: samples, names }, context);
  await writeFileAtomic(report, page, { force, signal: context.signal });
  context.output.note(`Wrote ${report}.`);
}

function overview(card: ModelCard): string[] {
  const { data, threshold, probability, contribution, normalRows, versions, schema } = card;
  const rows = `${count(data.rows)}: ${describeSplit(card)}`;
  return columns([
    ["threshold", describeThreshold(threshold)],
    ...(probability === undefined ? [] : [["probability", describeProbability(probability)]]),
    ...(contribution === undefined ? [] : [["contributions", describeContributions(contribution)]]),
    ["rows", rows],
    ...(normalRows === undefined
      ? []
      : [["kept", `${counted(normalRows.rows.length, "normal row")} of these, for explanations`]]),
    ...describeAdaptation(card),
    ...describeRepeats(card),
    ...describeAugmentation(data),
    ...describeSupervision(card),
    ...describeBackbone(card),
    ...describeInput(schema),
    ...describeTiles(card),
    ...describeMask(card),
    ...describeSeason(card),
    ["data", `SHA-256 ${data.fingerprint}`],
    [
      "made by",
      `hypersphere ${versions.hypersphere}, ONNX Runtime ${versions.onnxruntime} (${versions.runtime})`,
    ],
  ]);
}

function describeContributions({ columns, shape, baseline }: ContributionRecord): string {
  const parts = columns === undefined ? `pixel of ${shape.join(" x ")}` : "column";
  return `what each ${parts} adds to the score above ${baseline}, exactly`;
}

function describeProbability({ curve, prevalence, labelled, reliability }: ProbabilityCalibration): string {
  const { anomalies, normals } = labelled;
  return (
    `${curve.method}, from ${counted(anomalies, "anomaly", "anomalies")} and ${counted(normals, "normal row")}, ` +
    `at ${percent(prevalence)} anomalies; calibration error ${percent(reliability.expectedCalibrationError)}`
  );
}

function trainingLines({ training }: ModelCard): string[] {
  const lines = columns(describeTraining(training));
  const { members } = objectOf(training);
  if (!Array.isArray(members)) return lines;
  const each = members.map((member, k) => [`network ${k + 1}`, describeMember(member), curveText(member)]);
  return [...lines, ...columns(each)];
}

/** Held-out loss at the first and the last point of each curve. */
function curveText(member: Parameters<typeof describeMember>[0]): string {
  const parts: string[] = [];
  for (const stage of Object.values(objectOf(member))) {
    const { curve } = objectOf(stage);
    if (!Array.isArray(curve) || curve.length === 0) continue;
    const [first, last] = [curve[0], curve.at(-1)].map((point) => objectOf(point)["validation"]);
    if (typeof first === "number" && typeof last === "number")
      parts.push(`${figure(first)} -> ${figure(last)}`);
  }
  return parts.length === 0 ? "" : `held-out loss ${parts.join(", ")}`;
}

function optionLines({ options }: ModelCard): string[] {
  const texts = Object.entries(options).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length < 100) lines[lines.length - 1] = `${last}, ${text}`;
    else lines.push(text);
  }
  return lines;
}

function valueLines(inputs: readonly DecodedValue[], outputs: readonly DecodedValue[]): string[] {
  const line = (kind: string) => (value: DecodedValue) => [
    kind,
    value.name,
    `${value.dtype ?? "?"} [${value.shape.join(", ")}]`,
  ];
  return columns([...inputs.map(line("input")), ...outputs.map(line("output"))]);
}

/** Scores new data with the model, without this package. */
function pythonLines(path: string, { schema, probability }: ModelCard, takeOut?: string): string[] {
  const { modules, lines } = kindOfSchema(schema).pythonFeeds(schema);
  const outputs = ["score", "p_value", "is_anomaly", ...(probability === undefined ? [] : ["probability"])];
  return [
    `import ${modules}`,
    ...(takeOut === undefined ? [] : [`# First: ${takeOut}`]),
    `model = onnxruntime.InferenceSession(${JSON.stringify(takeOut === undefined ? path : "model.onnx")})`,
    ...lines,
    `${outputs.join(", ")} = model.run([${outputs.map((name) => JSON.stringify(name)).join(", ")}], feeds)`,
  ];
}

import type { DriftReport, FeatureDrift } from "../../drift/index.js";
import { columns, count, counted, cut, figure, percent } from "../../text/format.js";
import { shown } from "../../text/shown.js";

/** Columns in the text; --json has all. */
const COLUMNS_SHOWN = 12;

/** What a person calls an observation, and several. */
interface Noun {
  readonly one: string;
  readonly many: string;
}

export function reportText(report: DriftReport, noun: Noun): string {
  const { martingale, pValues, features, shifted, source, observed, overlapping, trainedOn, extra } = report;
  const { delta, logValue, logMax, before, pushed } = martingale;
  const first = features.slice(0, COLUMNS_SHOWN);
  const left = features.length - first.length;
  const what = comparedAs(report);
  const sections = [
    verdict(report, noun),
    [
      "Martingale",
      ...columns([
        [
          `  ${noun.many}`,
          [
            before === 0
              ? count(observed)
              : `${count(observed)} in ${source}, ${count(pushed)} in the stream`,
            ...(trainedOn === 0 ? [] : [`${about(report)} that the model was trained on left out`]),
            ...(overlapping === 0 ? [] : [`${count(overlapping)} that share time steps with these left out`]),
          ].join("; "),
        ],
        ["  value", `${power(logValue)}, highest so far ${power(logMax)}; alarm at ${figure(1 / delta)}`],
        [
          "  p-values",
          pValues === null
            ? "-"
            : `distance from uniform ${figure(pValues.distance, 3)} (by chance so far: ${percent(pValues.significance)})`,
        ],
      ]),
    ].join("\n"),
    [
      `${what === "column" ? "Columns" : "Measures of the images"} by population stability index${shifted.length > 0 ? " (* more than chance explains)" : ""}`,
      ...columns(
        [[`  ${what}`, "PSI", "chance", "missing", "then", "new"], ...first.map(featureCells)],
        [1, 2, 3, 4],
      ),
      ...(left > 0 ? [`  and ${counted(left, `more ${what}`)}; --json has all`] : []),
    ].join("\n"),
  ];
  if (extra.length > 0) sections.push(`Not used by the model: ${cut(extra.join(", "), 80)}`);
  return sections.join("\n\n");
}

/** Measures of images are the only numbers that no cell can be out of range of. */
const comparedAs = ({ features }: DriftReport): "column" | "measure" =>
  features.every(({ kind, outOfRange }) => kind === "numeric" && outOfRange === null) ? "measure" : "column";

function verdict(report: DriftReport, noun: Noun): string {
  const { drift, martingale, shifted, source, rows, observed } = report;
  const what = comparedAs(report);
  const { delta, row, at } = martingale;
  const where =
    row === null
      ? `${count(at ?? 0)} ${noun.many} into the stream, before ${source}`
      : `at ${observed === rows ? noun.one : "row"} ${count(row)}`;
  const moved =
    shifted.length === 0
      ? ""
      : ` ${counted(shifted.length, `${what} has`, `${what}s have`)} moved more than chance explains: ${cut(shifted.join(", "), 60)}.`;
  if (!drift && report.trainedOn > 0 && observed === 0) {
    return `Drift cannot be judged: ${trainedText(report, noun)}. Take ${noun.many} from after the training.${moved}`;
  }
  const known = report.trainedOn === 0 ? "" : ` Left out: ${trainedText(report, noun)}.`;
  return (
    (drift
      ? `DRIFT: ${source} is not what the model was trained on; noticed ${where} (chance of a false alarm ever: at most ${percent(delta)}).${moved}`
      : `No drift noticed in ${counted(observed, noun.one, noun.many)} of ${source}.${moved}`) + known
  );
}

/** "all 500 rows of base.csv are rows that the model was trained on", held-out ones included. */
function trainedText({ source, trainedOn, rows, observed, overlapping }: DriftReport, noun: Noun): string {
  const all = overlapping === 0 ? rows : undefined;
  const which =
    trainedOn === all
      ? `all ${count(trainedOn)} ${noun.many}`
      : `about ${count(trainedOn)} of the ${noun.many}`;
  const told = observed === 0 && trainedOn !== all ? ", and the others cannot be told from them" : "";
  return `${which} of ${source} are among those that the model was trained on or calibrated with, and say nothing new${told}`;
}

const about = ({ trainedOn, observed }: DriftReport): string =>
  `${observed === 0 ? "" : "about "}${count(trainedOn)}`;

function featureCells({
  name,
  stability,
  missing,
  missingInTraining,
  outOfRange,
  unseen,
  unseenExample,
}: FeatureDrift): string[] {
  const remarks = [
    ...(outOfRange ? [`${percent(outOfRange)} out of range`] : []),
    ...(unseen ? [`${percent(unseen)} never seen, such as ${shown(unseenExample)}`] : []),
  ];
  return [
    `${stability?.shifted ? "* " : "  "}${cut(name, 30)}`,
    figure(stability?.psi, 3),
    figure(stability?.expectedByChance, 2),
    percent(missing),
    percent(missingInTraining),
    remarks.join("; "),
  ];
}

/** A number given by its natural logarithm. */
function power(log: number): string {
  return log < 20 ? figure(Math.exp(log), 3) : `10^${Math.floor(log / Math.LN10)}`;
}

import { type FeatureMatrix, inputShape } from "../features/index.js";
import type { DecodedRows } from "../model/contract.js";
import { innerValues, type Model, type ModelCard } from "../model/index.js";
import { columnResiduals, featurePicture, reconstructedRow } from "./feature-pictures.js";
import { planeOf } from "./latent.js";
import { type Looked, NO_DATA } from "./looked.js";
import type { TrainingReportOptions } from "./options.js";
import type { LatentPicture, LeftOut, Reconstructions, TrainingReport } from "./report.js";

/** Points of a latent picture, and pictures of an ensemble. */
const MOST_POINTS = 1000;
const MOST_SPACES = 3;
/** Numbers of the rows that are reconstructed. */
const MOST_NUMBERS = 2 ** 20;
/** Which of the reconstructed rows are shown, from the worst to the best. */
const SHOWN = [1, 0.95, 0.75, 0.5, 0.25, 0];

interface Inside extends Pick<TrainingReport, "latent" | "reconstructions" | "centre"> {
  readonly left: readonly LeftOut[];
}

/** What can be seen inside of a model: latent spaces, and what decoders make of rows. */
export async function lookInside(
  model: Model,
  looked: Looked | undefined,
  options: TrainingReportOptions,
): Promise<Inside> {
  const { card } = model;
  const marks = Object.keys(card.inside ?? {});
  // A fit in folds has one set for each fold; they are alike.
  const folds = marks.some((mark) => mark.startsWith("fold"));
  const own = folds ? marks.filter((mark) => mark.startsWith("fold1.")) : marks;
  const spaces = own.filter((mark) => mark.endsWith(".latent")).slice(0, MOST_SPACES);
  const decoded = options.decoded?.find(({ member }) => member === 0);
  const fromModel = own.find((mark) => /member0\.(reconstruction|residual)$/.test(mark));
  const size = inputShape(card.schema).reduce((product, length) => product * length, 1);
  const latent = looked === undefined ? [] : await latentPictures(model, looked, spaces, options);
  const made =
    decoded !== undefined
      ? ofDecoder(decoded)
      : looked !== undefined && fromModel !== undefined
        ? await ofModel(model, looked, fromModel, size, options)
        : undefined;
  // Of images through a network of the user's own, and of folds that dropped columns, features are something else.
  const fits = made !== undefined && made.given.columns === size;
  const reconstructions = fits ? reconstructionsOf(model, made) : undefined;
  const centre =
    decoded && decoded.centre.length === size ? featurePicture(card.schema, decoded.centre) : undefined;
  const left: LeftOut[] = [];
  if (latent.length === 0)
    left.push({
      what: "The latent space",
      why: spaces.length === 0 ? `${card.detector} has none that could be drawn.` : NO_DATA,
    });
  if (reconstructions === undefined)
    left.push({ what: "Reconstructions", why: whyNone(model, fromModel, made, looked) });
  if (centre === undefined)
    left.push({ what: "The picture of the centre", why: whyNoCentre(model, decoded) });
  return {
    latent,
    ...(reconstructions && { reconstructions }),
    ...(centre && { centre }),
    left,
  };
}

/** Held-out rows where it is known which they are, else all that are looked at: at most so many of them. */
function heldOut({ split, rows }: Looked, most: number): Uint32Array {
  const all =
    split === undefined
      ? Uint32Array.from(rows.keys())
      : Uint32Array.of(...split.validation, ...split.calibration).sort();
  const every = Math.max(1, Math.ceil(all.length / Math.max(1, most)));
  return all.filter((_, k) => k % every === 0);
}

async function latentPictures(
  model: Model,
  looked: Looked,
  spaces: readonly string[],
  options: TrainingReportOptions,
): Promise<LatentPicture[]> {
  if (spaces.length === 0) return [];
  const { inside = {}, options: settings } = model.card;
  const rows = heldOut(looked, MOST_POINTS);
  const centres = spaces.map((space) => space.replace(/latent$/, "centre")).filter((mark) => mark in inside);
  const values = await innerValues(model, looked.data, rows, [...spaces, ...centres], options);
  const what = looked.split === undefined ? `rows of ${looked.data.source}` : "rows held out";
  const flagged = Uint8Array.from(rows, (row) => looked.scored.isAnomaly[row]!);
  const several = Number(settings["members"] ?? 1) > 1 || spaces.length > 1;
  return spaces.map((space, k) => {
    const matrix = values.get(space)!;
    const centre = values.get(space.replace(/latent$/, "centre"))?.data;
    return {
      name: several ? `network ${k + 1}` : "",
      dimensions: matrix.columns,
      ...planeOf(matrix, centre),
      flagged,
      what,
    };
  });
}

interface Made {
  readonly given: FeatureMatrix;
  readonly made: FeatureMatrix;
  readonly what: string;
}

const ofDecoder = ({ given, made }: DecodedRows): Made => ({
  given,
  made,
  what: "the decoder at the end of pretraining, which the model does not keep",
});

async function ofModel(
  model: Model,
  looked: Looked,
  mark: string,
  size: number,
  options: TrainingReportOptions,
): Promise<Made> {
  const rows = heldOut(looked, Math.max(SHOWN.length, Math.floor(MOST_NUMBERS / size)));
  const features = mark.replace(/member0\.\w+$/, "features");
  const values = await innerValues(model, looked.data, rows, [features, mark], options);
  const [given, other] = [values.get(features)!, values.get(mark)!];
  const made = mark.endsWith("residual")
    ? { ...other, data: other.data.map((value, k) => given.data[k]! - value) }
    : other;
  const several = Number(model.card.options["members"] ?? 1) > 1;
  return { given, made, what: several ? "the first network's decoder" : "the model's decoder" };
}

function reconstructionsOf({ card }: Model, { given, made, what }: Made): Reconstructions {
  const { rows, columns } = given;
  const rowOf = ({ data }: FeatureMatrix, row: number): Float32Array =>
    data.slice(row * columns, (row + 1) * columns);
  const errorOf = (row: number): number => {
    let sum = 0;
    for (let k = row * columns; k < (row + 1) * columns; k++) sum += (made.data[k]! - given.data[k]!) ** 2;
    return sum;
  };
  const byError = Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => errorOf(a) - errorOf(b) || a - b,
  );
  const chosen = new Set(SHOWN.map((share) => byError[Math.round(share * (rows - 1))]!));
  const pairs = [...chosen].map((row) => reconstructedRow(card.schema, rowOf(given, row), rowOf(made, row)));
  return {
    what,
    pairs: pairs.filter((pair) => pair !== undefined),
    columns: columnResiduals(card.schema, given, made),
    rows,
  };
}

function whyNone(
  { card }: Model,
  fromModel: string | undefined,
  made: Made | undefined,
  looked: Looked | undefined,
): string {
  if (made !== undefined) return NOT_THE_DATA;
  if (fromModel !== undefined && looked === undefined) return NO_DATA;
  return whyNoDecoder(card, `${card.detector} has no decoder.`);
}

function whyNoCentre({ card }: Model, decoded: DecodedRows | undefined): string {
  return decoded !== undefined
    ? NOT_THE_DATA
    : whyNoDecoder(card, `${card.detector} has no decoder beside a centre.`);
}

const NOT_THE_DATA =
  "What the network reconstructs are not the data themselves, and cannot be shown as such.";

/** @param none the reason where nothing was pretrained */
function whyNoDecoder({ options, training, detector }: ModelCard, none: string): string {
  if (!/"pretraining":\{"curve":\[\{/.test(JSON.stringify(training))) return none;
  return options["pretraining"] === "transforms"
    ? `${detector} learned from transforms first, which takes no decoder.`
    : "The decoder of pretraining is no part of the model: only the page that train --report writes can show it.";
}

/** Maps of encoders that learn from squares cut from images, and slide over whole ones. */
import { type Dataset, type Samples, samplesOf } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { kindOf } from "../../features/index.js";
import { leading, reshape, type Tensor } from "../../graph/index.js";
import type { FitOptions, TrainingContext } from "../../model/contract.js";
import { refuseConstantPaths } from "../../nn/constant-paths.js";
import { type EncoderDesign, sizeOf } from "../../nn/encoder.js";
import { reflected } from "../../nn/images/reflect.js";
import type { DetectorDefinition } from "../define.js";
import type { CommonOptions } from "../fit/common-options.js";
import { type MapTrainingData, mapParts, type TrainedMaps } from "../maps/define-map-detector.js";
import { drawnTileRows } from "../maps/drawn-tiles.js";
import { type Fields, spreadOverFields } from "../maps/field-spread.js";
import type { MapOptions, RawMap } from "../maps/map-calibration.js";
import { slidingMapOptions } from "../maps/options.js";
import type { TileOptions } from "../maps/tiling.js";
import { designOf } from "../networks/design.js";
import type { Objective } from "./objective.js";
import type { DeepOptions } from "./options.js";
import { type DeepMember, ensembleScore } from "./scorer.js";
import { type DeepReport, trainDeepMembers } from "./train-deep.js";
import { checkTransforms, pixelsForTransforms, settledForTransforms } from "./transforms.js";

export type SlidingOptions = CommonOptions &
  DeepOptions &
  MapOptions &
  TileOptions & {
    readonly maps: boolean;
    /** Side of the squares that the encoder sees, in pixels. */
    readonly patchSize: number;
  };

type Parts<Options extends SlidingOptions> = Required<
  Pick<
    DetectorDefinition<Options, DeepReport>,
    "settled" | "oneByOne" | "masks" | "imagePixels" | "before" | "train"
  >
>;
type ObjectiveOf<Options> = (design: EncoderDesign, options: Options) => Objective;

/** Memory that squares to learn from take at most, and those that training is judged by. */
const MOST_BYTES = { train: 2e8, validation: 5e7 };
/** The encoder for squares: the one that does not look past their edges. */
const ENCODER = "guide-cnn";

/**
 * What of a detector's definition makes maps where its options ask for them.
 * @param train without maps
 */
export function slidingMaps<Options extends SlidingOptions>(
  name: string,
  objectiveOf: ObjectiveOf<Options>,
  train: DetectorDefinition<Options, DeepReport>["train"],
): Parts<Options> {
  const parts = mapParts<Options, DeepReport>({
    name,
    before: (_, data, fitOptions) => checkData(data, fitOptions),
    train: (options, data, context) => trainSliding(objectiveOf, options, data, context),
  });
  const withMaps = ({ maps }: Options): boolean => maps;
  return {
    settled(options, given) {
      const settled =
        options.maps && !given.has("contrast") ? { ...options, contrast: "none" as const } : options;
      return settledForTransforms(settled, given);
    },
    oneByOne: withMaps,
    masks: withMaps,
    imagePixels: (options) => (options.maps ? parts.imagePixels(options) : pixelsForTransforms(options)),
    before(options, data, fitOptions) {
      if (options.maps) parts.before(options, data, fitOptions);
      else checkWithoutMaps(options);
    },
    train: (options, data, context, start) =>
      (options.maps ? parts.train : train)(options, data, context, start),
  };
}

async function trainSliding<Options extends SlidingOptions>(
  objectiveOf: ObjectiveOf<Options>,
  options: Options,
  { images, validation, shape }: MapTrainingData,
  context: TrainingContext,
): Promise<TrainedMaps<DeepReport>> {
  const [channels, height, width] = shape;
  const { patchSize, encoder } = options;
  checkTransforms({ ...options, encoder: ENCODER }, shape);
  if (Math.min(height, width) < patchSize) throw tooSmall(shape, patchSize);
  const square = [channels, patchSize, patchSize] as const;
  const design = designOf({ ...options, encoder: encoder === "auto" ? ENCODER : encoder }, square);
  if (design.sliding === undefined) throw doesNotSlide(encoder);
  refuseConstantPaths(design);
  const squares = (from: typeof images, name: keyof typeof MOST_BYTES) =>
    drawnTileRows(
      from,
      shape,
      square,
      undefined,
      MOST_BYTES[name],
      context.random.stream("squares", name),
      context.signal,
    );
  const train = await squares(images, "train");
  const data = {
    inputShape: square,
    rowCount: train.rows,
    train,
    validation: await squares(validation, "validation"),
  };
  const task = { design, options, objective: objectiveOf(design, options) };
  const { members, detector } = await trainDeepMembers(task, data, context);
  const fields: Fields = {
    stride: design.sliding.stride,
    field: patchSize,
    sigma: patchSize / SIGMAS_PER_FIELD,
  };
  const mapOf = (own: readonly DeepMember[]): RawMap =>
    slidingMap(objectiveOf, design, options, own, shape, fields);
  return {
    raw: mapOf(members.map(({ trained }) => trained)),
    untrained: mapOf(members.map(({ untrained }) => untrained)),
    // A few hundred steps on squares: images that were learned from look to the encoder like others.
    calibrateOn: "all",
    // Finer than maps are spread, there is nothing to tell apart.
    momentsSigma: fields.sigma,
    training: detector.scorer.training,
  };
}

/** Of the Gaussian that spreads a number over its square; FCDD's is 4 pixels for 30. */
const SIGMAS_PER_FIELD = 8;

/**
 * The map of members: the score of the square about the middle of each place, where edges are mirrored, spread over that
 * square.
 */
export function slidingMap<Options extends SlidingOptions>(
  objectiveOf: ObjectiveOf<Options>,
  design: EncoderDesign,
  options: Options,
  members: readonly DeepMember[],
  [channels, height, width]: MapTrainingData["shape"],
  fields: Fields,
): RawMap {
  const { stride, field } = fields;
  const [down, across] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  const before = Math.floor((field - stride) / 2);
  const whole = (places: number): number => (places - 1) * stride + field;
  const after = (length: number, places: number): number => whole(places) - before - length;
  const inputShape = [channels, whole(down), whole(across)];
  const { encoder, positions } = design.sliding!.over(inputShape);
  const objective = objectiveOf({ ...design, inputShape, encoder }, options);
  // Encoders of images look from zero.
  const own = members.map((member) => ({ ...member, origin: new Float32Array(1) }));
  return (features: Tensor) => {
    const rows = features.shape[0]!;
    const images = reshape(features, [rows, channels, height, width]);
    const wide = reflected(images, [before, before, after(height, down), after(width, across)]);
    const scores = ensembleScore(objective, own, reshape(wide, [rows, sizeOf(inputShape)]));
    const spread = spreadOverFields(reshape(scores, [rows, ...positions]), fields);
    return leading(leading(spread, 1, height), 2, width);
  };
}

/** @throws HypersphereError `invalid-option`, `unfit-data` */
function checkData(given: Dataset | Samples, { backbone }: FitOptions): void {
  const { data } = samplesOf(given);
  const { axes, noun } = kindOf(data);
  if (axes !== 3) {
    throw new HypersphereError(
      "unfit-data",
      `Maps say where images are abnormal, but ${data.source} holds ${noun.all}.`,
      { hint: 'Leave out the option "maps".' },
    );
  }
  if (backbone === undefined) return;
  throw new HypersphereError(
    "invalid-option",
    "A backbone turns an image into one row of numbers, of which no map can be made here.",
    {
      hint: 'Leave out the option "maps" or the backbone; patch-gaussian and patch-memory make maps of its features.',
    },
  );
}

/** @throws HypersphereError `invalid-option` for options that have no effect without maps */
function checkWithoutMaps(options: object): void {
  for (const [name, schema] of Object.entries(slidingMapOptions)) {
    if (name === "maps" || name === "contrast") continue;
    const value = (options as Record<string, unknown>)[name];
    if (JSON.stringify(value) === JSON.stringify(schema.parse(undefined))) continue;
    throw new HypersphereError(
      "invalid-option",
      `${name} is given, but there are no maps that it could be of.`,
      {
        hint: 'Ask for maps too (option "maps").',
      },
    );
  }
}

const tooSmall = ([, height, width]: MapTrainingData["shape"], patchSize: number): HypersphereError =>
  new HypersphereError(
    "invalid-option",
    `Images or tiles of ${height} x ${width} pixels (height x width) are smaller than the squares of ${patchSize} that the encoder sees.`,
    { hint: 'Use larger images (option "imageSize") or tiles, or smaller squares (option "patchSize").' },
  );

const doesNotSlide = (encoder: string): HypersphereError =>
  new HypersphereError(
    "invalid-option",
    `The encoder ${encoder} looks past the edges of the squares that it sees: it cannot slide over images.`,
    { hint: `Use ${ENCODER} or auto for maps.` },
  );

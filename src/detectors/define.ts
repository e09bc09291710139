import type { z } from "zod";
import { type Dataset, listNames, type Samples, samplesOf } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { type InputSchema, kindOf, kinds } from "../features/index.js";
import type { RandomSource } from "../math/random.js";
import type { FitOptions, Json, TrainingContext, TrainingData } from "../model/contract.js";
import type { Model, ModelCard } from "../model/index.js";
import type { Damage } from "../synthesis/damage.js";
import type { Abilities } from "./fit/abilities.js";
import { checkAugmentation } from "./fit/augmentation.js";
import type { CommonOptions } from "./fit/common-options.js";
import { fitDetector, type TrainedDetector } from "./fit/fit.js";
import { parseOptions } from "./parse-options.js";

/** What a model that training continues from settles before the fit. */
export interface Start {
  /** How data become features: the model's networks understand no other. */
  readonly schema: InputSchema;
  /** Fingerprint of the rows that the model was trained from. */
  readonly fingerprint: string;
}

/**
 * All that there is to say about a detector. Its class, its entry in the registry, the flags of the command line, the
 * tables of the documentation and what it can learn from follow from it.
 */
export interface DetectorDefinition<Options extends CommonOptions, Report, From extends Start = never> {
  /** On the command line and in model cards, in kebab case. */
  readonly name: string;
  /** One line for lists, without a full stop. */
  readonly title: string;
  /** Names that it had in earlier versions: still accepted, and found in old models. */
  readonly formerNames?: readonly string[];
  /** Types, ranges, defaults and descriptions of the options; the common ones of `fit/common-options.ts` among them. */
  readonly options: z.ZodObject & z.ZodType<Options>;
  /** Options whose defaults depend on others, set. @param given names of the options that a person has set */
  settled?(options: Options, given: ReadonlySet<string>): Options;
  /** Kinds of data that it learns from; by default all. */
  readonly kinds?: readonly Dataset["kind"][];
  /** What it learns from beside normal rows; by default nothing. */
  readonly learnsFrom?: {
    readonly labels?: boolean;
    readonly outliers?: boolean;
    readonly defects?: boolean;
  };
  /**
   * What it takes from a network of the user's own: feature maps, which it asks for itself (`trainingBackbone`), or vectors,
   * which it is given as if images were rows of a table. Its options then hold those of `backbone/options.ts`. By default it
   * takes none.
   */
  readonly backbone?: "maps" | "vectors";
  /** The detectors whose models training can continue from, and how what they learned is read. */
  readonly warmStart?: {
    readonly from: readonly string[];
    read(model: Uint8Array, options: Options, from: readonly string[]): Promise<From>;
  };
  /** Whether it takes rows that overlap, see `FeatureMatrix`; others are given copies. */
  readonly overlapping?: boolean;
  /** Whether it reads training rows one at a time, see `TrainingData.reads`. */
  readonly oneByOne?: boolean | ((options: Options) => boolean);
  /** Larger images are made smaller to have this many pixels, where no option says otherwise; default: 64 along a side. */
  readonly imagePixels?: (options: Options) => number | undefined;
  /**
   * Whether it makes maps, so that a fit may be told which regions of images to ignore, see `FitOptions.mask`; or whether it
   * does so with these options.
   */
  readonly masks?: boolean | ((options: Options) => boolean);
  /**
   * Kinds of damage that it learns to tell from what is normal, beside those that its options name: a search
   * for options measures it on none of them.
   */
  readonly learnsAgainst?: readonly Damage[];
  /**
   * The training rows that it looks at, ascending, where it can do without the others: features of those are not
   * computed. Its random numbers are those of the training.
   */
  choose?(
    options: Options,
    rows: number,
    random: RandomSource,
    onWarning: FitOptions["onWarning"],
  ): Uint32Array;
  /** Refuses what cannot be learned from, before anything is computed. */
  before?(options: Options, data: Dataset | Samples, fitOptions: FitOptions): void;
  /**
   * Another detector that does this fit in its place, as the data ask for it, and a sentence that says so; undefined where it
   * fits itself. It sees no labels.
   */
  instead?(options: Options, data: Dataset): Promise<Instead | undefined>;
  /** From features to a score. What it records of the training has to be plain data, such as JSON can hold. */
  train(
    options: Options,
    data: TrainingData,
    context: TrainingContext,
    start: From | undefined,
  ): Promise<TrainedDetector<Report>>;
}

export interface Instead {
  readonly detector: Detector;
  readonly reason: string;
}

/** A detector holds options only: `fit` leaves it as it was, and returns an immutable model. */
export interface Detector<Options extends object = object> {
  /** Every option, defaults included. */
  readonly options: Options;
  /**
   * Learns from rows, windows or images that are normal, all of them or nearly so; of samples with labels, from those
   * labelled normal, unless the detector learns from labels. A part is held out to calibrate.
   *
   * @throws HypersphereError `unfit-data` for too few or identical rows, infinite values, and data of a kind that the
   * detector does not learn from; `invalid-option` for what it cannot learn from, and labels that do not fit the rows;
   * `degenerate-encoder` for a network that could answer a constant; `collapsed` when training found nothing but a
   * constant, or values that are not finite; `aborted`
   */
  fit(data: Dataset | Samples, options?: FitOptions): Promise<Model>;
}

/** What the registry, the command line and the documentation know of a detector. */
export interface DetectorEntry extends Abilities {
  readonly title: string;
  /** Names that it had in earlier versions. */
  readonly formerNames: readonly string[];
  /** Types, ranges, defaults and descriptions of the options. */
  readonly options: z.ZodObject;
  readonly kinds: readonly Dataset["kind"][];
  /** Whether a fit may be told which regions of images to ignore, see `FitOptions.mask`. */
  readonly masks: boolean;
  /** Kinds of damage that it learns to tell from what is normal, whatever its options. */
  readonly learnsAgainst: readonly Damage[];
  /** @throws HypersphereError `invalid-option` for unknown options and values out of range */
  create(options: Record<string, unknown>): Detector;
}

export interface DetectorClass<Options extends object, Input extends object, Report = Json> {
  readonly definition: DetectorEntry;
  /**
   * What a model's card says of its training, with its type: one record, or one per fold of a fit in folds.
   * @throws HypersphereError `invalid-option` for a model of another detector
   */
  trainings(card: Pick<ModelCard, "detector" | "training">): readonly Report[];
  /** @throws HypersphereError `invalid-option` for unknown options and values out of range */
  new (options?: Input): Detector<Options>;
}

/** Every detector that was defined so far, to be named where another one is refused. */
const defined: DetectorEntry[] = [];

/** Makes a detector's class from its definition. */
export function defineDetector<
  Options extends CommonOptions,
  Input extends object = Partial<Options>,
  Report = Json,
  From extends Start = never,
>(definition: DetectorDefinition<Options, Report, From>): DetectorClass<Options, Input, Report> {
  const { name, title, options: schema, warmStart, overlapping = false } = definition;
  const entry: DetectorEntry = Object.freeze({
    name,
    title,
    formerNames: definition.formerNames ?? [],
    options: schema,
    masks: definition.masks === true,
    kinds: definition.kinds ?? (Object.keys(kinds) as Dataset["kind"][]),
    learnsFrom: {
      labels: definition.learnsFrom?.labels ?? false,
      outliers: definition.learnsFrom?.outliers ?? false,
      defects: definition.learnsFrom?.defects ?? false,
      from: warmStart !== undefined,
      backbone: definition.backbone !== undefined,
    },
    learnsAgainst: definition.learnsAgainst ?? [],
    create: (options: Record<string, unknown>) => new Defined(options as Input),
  });

  class Defined implements Detector<Options> {
    static readonly definition = entry;
    readonly options: Options;
    /** Names of the options that were given; the others are defaults. */
    readonly #given: ReadonlySet<string>;

    static {
      Object.defineProperty(Defined, "name", { value: pascalCase(name) });
    }

    static trainings(card: Pick<ModelCard, "detector" | "training">): readonly Report[] {
      return trainingsOf(entry, card) as readonly Report[];
    }

    constructor(options?: Input) {
      this.#given = new Set(Object.keys(options ?? {}));
      const parsed = parseOptions(schema, options ?? {});
      this.options = definition.settled?.(parsed, this.#given) ?? parsed;
    }

    async fit(data: Dataset | Samples, fitOptions: FitOptions = {}): Promise<Model> {
      const { backbone } = fitOptions;
      const vectors = definition.backbone === "vectors" && backbone !== undefined ? backbone : undefined;
      // A network was trained on images as they are.
      const options: Options = vectors === undefined ? this.options : { ...this.options, contrast: "none" };
      requireLearnable(entry, data);
      const instead = await definition.instead?.(options, samplesOf(data).data);
      if (instead !== undefined) {
        fitOptions.onWarning?.(instead.reason);
        return instead.detector.fit(data, fitOptions);
      }
      if (fitOptions.mask !== undefined && !chosen(definition.masks, options))
        requireMasks(definition, defined);
      if (definition.backbone !== undefined) {
        // It knows every encoder: in a browser, detectors without a network come without them.
        const { checkVectorOptions, requireBackboneOptions } = await import("./backbone/check-options.js");
        requireBackboneOptions(options, backbone);
        if (vectors !== undefined) checkVectorOptions(this.options, this.#given, data, fitOptions.from);
      }
      checkAugmentation(options, data);
      definition.before?.(options, data, fitOptions);
      const start = await startOf(definition, options, fitOptions);
      const seen = vectors && (await import("./backbone/image-vectors.js"));
      return fitDetector(
        { ...entry, known: defined },
        data,
        options,
        fitOptions,
        // Cards hold JSON, and that is what the report is: its type says no more than which.
        (rows, context) =>
          definition.train(options, rows, context, start) as Promise<
            TrainedDetector<unknown>
          > as Promise<TrainedDetector>,
        {
          ...(definition.choose && {
            choose: (rows, random, onWarning) => definition.choose!(options, rows, random, onWarning),
          }),
          overlapping,
          oneByOne: chosen(definition.oneByOne, options),
          imagePixels: seen === undefined ? definition.imagePixels?.(options) : seen.pixelsOf(vectors!),
          ...(seen && {
            view: (runtime, images) => seen.imageVectors(runtime, vectors!, images, options),
          }),
          schema: start?.schema,
          learned: start?.fingerprint,
        },
      );
    }
  }

  defined.push(entry);
  return Defined;
}

/** What holds for all options, or what they decide. */
const chosen = <Options>(
  given: boolean | ((options: Options) => boolean) | undefined,
  options: Options,
): boolean => (typeof given === "function" ? given(options) : (given ?? false));

/** deep-svdd as DeepSvdd. */
const pascalCase = (name: string): string =>
  name.replace(/(^|-)(.)/g, (_, _hyphen, letter: string) => letter.toUpperCase());

function requireLearnable({ name, kinds: learnable }: DetectorEntry, data: Dataset | Samples): void {
  const given = samplesOf(data).data;
  const { name: kind, noun } = kindOf(given);
  if (learnable.includes(kind)) return;
  throw new HypersphereError(
    "unfit-data",
    `${name} learns from ${learnable.map((each) => kinds[each].noun.all).join(" or ")}, but ${given.source} holds ${noun.all}.`,
    { hint: "Choose a detector for this kind of data." },
  );
}

/**
 * @param known the detectors to choose from instead
 * @throws HypersphereError `invalid-option`, naming the detectors that make maps
 */
function requireMasks(
  { name, masks }: { readonly name: string; readonly masks?: unknown },
  known: Iterable<DetectorEntry>,
): never {
  const others = Array.from(known)
    .filter((other) => other.masks)
    .map((other) => other.name);
  const able = typeof masks === "function";
  throw new HypersphereError(
    "invalid-option",
    `${name} makes no maps${able ? " by default" : ""}, and takes no mask of regions to ignore; ${listNames(others)} can.`,
    {
      hint: able
        ? 'Set the option "maps", leave the mask out, or choose another detector.'
        : "Leave the mask out, or choose another detector.",
    },
  );
}

/** The model that training continues from, where there is one and the detector can. */
async function startOf<Options extends CommonOptions, From extends Start>(
  { warmStart }: Pick<DetectorDefinition<Options, unknown, From>, "warmStart">,
  options: Options,
  { from }: FitOptions,
): Promise<From | undefined> {
  if (from === undefined || warmStart === undefined) return undefined;
  if (options.calibration === "cross") {
    throw new HypersphereError(
      "invalid-option",
      "A fit in folds cannot go on from a model: it may have learned from rows of every fold.",
      { hint: 'Use calibration "split".' },
    );
  }
  return warmStart.read(from.toBytes(), options, warmStart.from);
}

/** The records of every training that a model is made of. */
function trainingsOf(
  { name, formerNames }: DetectorEntry,
  { detector, training }: Pick<ModelCard, "detector" | "training">,
): readonly Json[] {
  if (detector !== name && !formerNames.includes(detector)) {
    throw new HypersphereError("invalid-option", `The model is of ${detector}, not of ${name}.`, {
      hint: `What ${detector} recorded is read by its own class.`,
    });
  }
  const { folds } = training as { readonly folds?: readonly { readonly training: Json }[] };
  return folds === undefined ? [training] : folds.map((fold) => fold.training);
}

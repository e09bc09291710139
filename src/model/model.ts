// Carried over into the declarations: the libraries of a browser project seldom have Symbol.asyncDispose.
/// <reference lib="esnext.disposable" preserve="true" />
import { type Dataset, listNames, type Samples } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import {
  type InputSchema,
  inputShape,
  type ReferenceProfile,
  rawRows,
  requireSteps,
  rowValues,
  type SchemaNotes,
} from "../features/index.js";
import {
  type DecodedModel,
  decodeModel,
  refuseForeignOperators,
  refuseOtherFiles,
  surveyModel,
  withInitializer,
  withoutOutput,
  withShared,
} from "../graph/index.js";
import type { AnomalyMap } from "../maps/index.js";
import { toBase64 } from "../math/base64.js";
import { type Backend, currentBackend } from "../runtime/index.js";
import {
  applyRule,
  checkPercentile,
  exceeds,
  type ProbabilityCalibration,
  parseRule,
  percentileThreshold,
  type Rule,
  requireThreshold,
  type Threshold,
  type Ties,
} from "../scoring/index.js";
import { type OptionNames, refuseUnknownOptions } from "../text/known-options.js";
import { samplesFor } from "./as-trained.js";
import { modelDigest, sealModel, untrainedModel } from "./build.js";
import {
  type AdaptationRecord,
  CONTRIBUTION,
  type ContaminationRecord,
  METADATA,
  type ModelCard,
  parseCard,
  tiesOf,
  viewOutput,
} from "./card.js";
import { checkFile } from "./check-file.js";
import { checkDecisions, checkOutputs, type Decided } from "./check-results.js";
import { withProbabilityOutput } from "./probability.js";
import { withCalibrationScores, withColumnMap } from "./recalibrate.js";
import { requireMaps } from "./require-maps.js";
import { rowScores } from "./row-scores.js";
import { type Results, type Running, runInPieces, withMaps } from "./run-pieces.js";
import { Sessions } from "./sessions.js";

export interface ScoreOptions {
  /** Decide by this rule, such as "false-alarms 1%", from the calibration scores, instead of the stored threshold. */
  readonly rule?: string | Rule | undefined;
  /** Decide by this percentile of the calibration scores, above 1 and below 100, instead of the stored threshold. */
  readonly percentile?: number | undefined;
  /** Decide by this score instead of the stored threshold. */
  readonly threshold?: number | undefined;
  /** Decide by the stored rule of this name. */
  readonly operatingPoint?: string | undefined;
  /** How the windows over a time step make its score, where rows are time steps; default "mean". */
  readonly combine?: "mean" | "max" | undefined;
  /** Receives the map of each row as it is scored, in order, for models that make maps (`card.map`). */
  readonly onMap?: ((map: AnomalyMap, row: number, outcome: RowOutcome) => void | Promise<void>) | undefined;
  /** Runs this instead of what the door of the package provides: for servers that keep runtimes apart. */
  readonly backend?: Backend | undefined;
  /** Hears the share of rows done, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const SCORE_OPTIONS = Object.keys({
  rule: true,
  percentile: true,
  threshold: true,
  operatingPoint: true,
  combine: true,
  onMap: true,
  backend: true,
  onProgress: true,
  signal: true,
} satisfies OptionNames<ScoreOptions>);

/** What `Scores` say of one row. */
export interface RowOutcome {
  readonly score: number;
  readonly pValue: number;
  readonly isAnomaly: boolean;
  readonly threshold: number;
}

/** The untrained control has scores and maps, and decides nothing. */
export interface UntrainedOptions extends Omit<ScoreOptions, "onMap"> {
  readonly onMap?: ((map: AnomalyMap, row: number) => void | Promise<void>) | undefined;
}

export interface Scores {
  /** One per row; higher is more abnormal. */
  readonly scores: Float32Array;
  /** Conformal p-value per row, in (0, 1]: the share of normals that would look at least as abnormal. */
  readonly pValues: Float32Array;
  /**
   * Probability of being an anomaly per row, in [0, 1]: the share of anomalies among labelled rows with such a score,
   * at the prevalence that the card states. Not a p-value. Absent until the model is calibrated with labels.
   */
  readonly probabilities?: Float32Array;
  /**
   * What each view that the score joins says of the rows, by its name: deviations above what is usual to it. The largest is
   * the one that spoke. Absent where the score is made of one (`card.views`).
   */
  readonly views?: Readonly<Record<string, Float32Array>>;
  /** 1 where the score is above the threshold by more than a rounding, else 0. */
  readonly isAnomaly: Uint8Array;
  readonly threshold: number;
  /** How the table differs from the training data. */
  readonly notes: SchemaNotes;
}

/** Normal rows that a model is calibrated on, in place of those that its training held out. */
export interface Calibration {
  /** Their scores, in any order. */
  readonly scores: ArrayLike<number>;
  /** Places among them, once ascending, of those that share nothing with each other; absent where none do. */
  readonly apart?: readonly number[] | undefined;
  /** What the card says of the rows in place of what it said. */
  readonly data?: Partial<Pick<ModelCard["data"], "known">>;
  readonly reference?: ReferenceProfile | undefined;
  /** The rule in force, and those beside it. */
  readonly threshold: Threshold;
  readonly operatingPoints: Readonly<Record<string, Threshold>>;
}

export interface ModelOrigin {
  /**
   * False for a file that may come from anybody: operators other than those that this package writes are refused.
   * Default true.
   */
  readonly trusted?: boolean | undefined;
  /** Runs this model, and those made from it, whatever else is provided or given: a place where it can do no harm. */
  readonly backend?: Backend | undefined;
}

/**
 * A trained model. Immutable: its results depend on its bytes alone. The first call of `score` makes an ONNX
 * Runtime session, which further calls use again until `close`.
 */
export class Model {
  readonly card: ModelCard;
  readonly #bytes: Uint8Array;
  readonly #decoded: DecodedModel;
  readonly #sessions: Sessions;
  readonly #origin: ModelOrigin;
  readonly #decided: Decided;
  #untrained: Sessions | undefined;

  private constructor(bytes: Uint8Array, decoded: DecodedModel, card: ModelCard, origin: ModelOrigin) {
    this.#bytes = bytes;
    this.#origin = origin;
    this.#decoded = decoded;
    // ONNX Runtime computes every output of a file, whichever is asked for.
    this.#sessions = new Sessions(
      card.contribution === undefined ? bytes : withoutOutput(bytes, CONTRIBUTION),
    );
    this.card = card;
    // The p-values of several detectors do not follow from their mean score.
    const several = decoded.initializerNames.includes("fold1.calibration");
    this.#decided = {
      threshold: Math.fround(card.threshold.threshold),
      ties: tiesOf(card),
      calibration: several ? undefined : this.calibrationScores,
    };
  }

  /**
   * Reads a model file.
   * @throws HypersphereError `invalid-model` when it is truncated, foreign, or not as it was written; when its values lie
   * in other files, or its card is not valid or not that of its graph
   */
  static async fromBytes(file: Uint8Array, origin: ModelOrigin = {}): Promise<Model> {
    // A copy, so that later writes to the caller's buffer change nothing here. (A Buffer's slice would be a view.)
    const bytes = new Uint8Array(file);
    const decoded = decodeModel(bytes);
    const cardText = decoded.metadata[METADATA.card];
    if (cardText === undefined) {
      throw new HypersphereError(
        "invalid-model",
        "This is an ONNX model, but not one that hypersphere wrote.",
        {
          hint: "Pass a file made by `hypersphere train`.",
        },
      );
    }
    const untrained = decoded.metadata[METADATA.untrained];
    checkParts(bytes, untrained, origin);
    const digest = await modelDigest(bytes, cardText, untrained);
    if (digest !== decoded.metadata[METADATA.digest]) {
      throw new HypersphereError(
        "invalid-model",
        "The model file was changed after it was written: its checksum differs.",
        {
          hint: "Copy the original again, or train the model again.",
        },
      );
    }
    const card = parseCard(cardText);
    checkFile(decoded, card);
    return new Model(bytes, decoded, card, origin);
  }

  /** The model file. */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Writes the model file, whole or not at all. @throws HypersphereError `file-exists` unless `force` is set */
  async save(path: string, { force = false }: { force?: boolean } = {}): Promise<void> {
    const { writeFile } = currentBackend();
    if (writeFile === undefined) {
      throw new HypersphereError("io", "A model cannot be saved to a file here: there is no file system.", {
        hint: "Use model.toBytes().",
      });
    }
    await writeFile(path, this.#bytes, { force });
  }

  /**
   * Frees the memory of ONNX Runtime that scoring has taken, after what is being scored; a later call of `score` takes it
   * again. Also `await using model = ...`.
   */
  async close(): Promise<void> {
    await Promise.all([this.#sessions.close(), this.#untrained?.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What runs this model whatever else is provided or given, see `ModelOrigin`. */
  get ownBackend(): Backend | undefined {
    return this.#origin.backend;
  }

  /** Scores of the held-out normals that p-values and thresholds come from, ascending. */
  get calibrationScores(): Float32Array {
    const padded = this.#decoded.initializer("calibration").data as Float32Array;
    return padded.slice(0, this.card.data.calibration);
  }

  /** Which of its scores, and values of its maps, count as equal: what runtimes round differently decides nothing. */
  get ties(): Ties {
    return this.#decided.ties;
  }

  /**
   * Scores every row: of a table, windows of a series, images, or the time steps of samples that were cut into windows.
   * Columns are matched by name; further columns are ignored. Labels have no part in it.
   * @throws HypersphereError `schema-mismatch` when columns are missing or hold text where numbers were trained, and
   * for data of another kind than the model was trained on; `invalid-option` for options that do not exist, or of which
   * only one can be given
   */
  async score(given: Dataset | Samples, options: ScoreOptions = {}): Promise<Scores> {
    const samples = samplesFor(this.card, given);
    refuseUnknownOptions(options, SCORE_OPTIONS, "of scoring");
    // Scores are float32, and so is the threshold that the graph compares them with.
    const threshold = Math.fround(this.#threshold(options));
    const raw = rawRows(samples.data, this.card.schema);
    requireSteps(samples, options.combine);
    const scores = new Float32Array(raw.rowCount);
    const pValues = new Float32Array(raw.rowCount);
    const isAnomaly = new Uint8Array(raw.rowCount);
    const probabilities = this.card.probability && new Float32Array(raw.rowCount);
    const views = (this.card.views ?? []).map((name) => ({ name, values: new Float32Array(raw.rowCount) }));
    const outputs = [
      "score",
      "p_value",
      "is_anomaly",
      ...(probabilities === undefined ? [] : ["probability"]),
      ...views.map(({ name }) => viewOutput(name)),
    ];
    if (options.onMap !== undefined) requireMaps(this.card);
    const ownDecision = threshold === Math.fround(this.card.threshold.threshold);
    const { onMap } = options;
    const outcome = (row: number): RowOutcome => ({
      score: scores[row]!,
      pValue: pValues[row]!,
      isAnomaly: isAnomaly[row] === 1,
      threshold,
    });
    const wanted = withMaps(outputs, onMap);
    await runInPieces(this.#sessions, raw, wanted, this.#placed(options), async (from, to, results) => {
      checkOutputs(results, outputs, to - from);
      checkDecisions(results, this.#decided);
      scores.set(results["score"]!.data as Float32Array, from);
      pValues.set(results["p_value"]!.data as Float32Array, from);
      isAnomaly.set(results["is_anomaly"]!.data as Uint8Array, from);
      probabilities?.set(results["probability"]!.data as Float32Array, from);
      for (const { name, values } of views) values.set(results[viewOutput(name)]!.data as Float32Array, from);
      for (let row = from; row < to && !ownDecision; row++)
        isAnomaly[row] = exceeds(scores[row]!, threshold, this.ties) ? 1 : 0;
      await this.#giveMaps(from, to, results, onMap && ((map, row) => onMap(map, row, outcome(row))));
    });
    const scored = {
      scores,
      pValues,
      ...(probabilities && { probabilities }),
      ...(views.length > 0 && {
        views: Object.fromEntries(views.map(({ name, values }) => [name, values])),
      }),
      isAnomaly,
      threshold,
      notes: raw.notes(),
    };
    return rowScores(samples, scored, this, options.combine);
  }

  /**
   * Scores of the same networks before training, the control that shows what training was worth. Undefined for
   * detectors that have no such control.
   */
  async untrainedScores(
    given: Dataset | Samples,
    options: UntrainedOptions = {},
  ): Promise<Float32Array | undefined> {
    refuseUnknownOptions(options, SCORE_OPTIONS, "of scoring");
    const untrained = this.#decoded.metadata[METADATA.untrained];
    if (untrained === undefined) return undefined;
    const samples = samplesFor(this.card, given);
    const raw = rawRows(samples.data, this.card.schema);
    requireSteps(samples, options.combine);
    const scores = new Float32Array(raw.rowCount);
    if (options.onMap !== undefined) requireMaps(this.card);
    this.#untrained ??= new Sessions(withShared(untrainedModel(untrained), this.#bytes));
    const wanted = withMaps(["score"], options.onMap);
    await runInPieces(this.#untrained, raw, wanted, this.#placed(options), async (from, to, results) => {
      checkOutputs(results, ["score"], to - from);
      scores.set(results["score"]!.data as Float32Array, from);
      await this.#giveMaps(from, to, results, options.onMap);
    });
    return rowValues(samples, scores, options.combine);
  }

  /**
   * The same model with another rule for decisions: in force, or stored under a name beside it. Nothing is trained.
   *
   * @example
   * const strict = await model.withThreshold(falseAlarmsThreshold(model.calibrationScores, 0.001), { name: "night" });
   */
  async withThreshold(threshold: Threshold, { name }: { name?: string } = {}): Promise<Model> {
    requireThreshold(threshold.threshold);
    const card: ModelCard =
      name === undefined
        ? { ...this.card, threshold }
        : { ...this.card, operatingPoints: { ...this.card.operatingPoints, [name]: threshold } };
    const model = withInitializer(this.#bytes, "threshold", Float32Array.of(card.threshold.threshold));
    return this.#resealed(model, card);
  }

  /**
   * The same model with probabilities: a further output `probability` in its file. Nothing is trained; an earlier
   * calibration is replaced. Later fits of the same detector need a calibration of their own.
   *
   * @example
   * const calibration = calibrateProbabilities(scores, labels, { prior: 0.01 });
   * const { probabilities } = await (await model.withProbability(calibration)).score(today);
   */
  async withProbability(calibration: ProbabilityCalibration): Promise<Model> {
    const model = withProbabilityOutput(this.#bytes, calibration.curve);
    return this.#resealed(model, { ...this.card, probability: calibration });
  }

  /**
   * The same model with a record of how its training rows were cleaned.
   * @param note what that means for the threshold in force, which keeps it
   */
  async withContamination(contamination: ContaminationRecord, note?: string): Promise<Model> {
    const notes = [this.card.threshold.note, note].filter((text) => text !== undefined);
    const threshold =
      notes.length === 0 ? this.card.threshold : { ...this.card.threshold, note: notes.join(" ") };
    return this.#resealed(this.#bytes, { ...this.card, threshold, contamination });
  }

  /**
   * The same model with its numeric columns mapped to those of its training; an earlier map is replaced. Scores follow, while
   * p-values and thresholds are as they were: see `withCalibration`. `adaptModel` does both.
   *
   * @param adapted the map
   * @param schema the card's, of columns as they are before the map
   */
  async withColumnMap(adapted: Omit<AdaptationRecord, "from">, schema: InputSchema): Promise<Model> {
    const [window] = inputShape(schema) as [number];
    const mapped = (model: Uint8Array): Uint8Array => withColumnMap(model, adapted.columns, window);
    const { [METADATA.untrained]: untrained, [METADATA.digest]: from = "" } = this.#decoded.metadata;
    const card: ModelCard = { ...this.card, schema, adapted: { ...adapted, from } };
    return this.#resealed(
      mapped(this.#bytes),
      card,
      untrained && toBase64(mapped(untrainedModel(untrained))),
    );
  }

  /**
   * The same model with p-values and thresholds from other normal rows, which none of its parts has seen. Probabilities, which
   * were learned for earlier scores, are left out.
   */
  async withCalibration({ scores, apart, data, reference, ...rules }: Calibration): Promise<Model> {
    const calibration = Float32Array.from(scores).sort();
    const { probability: _, reference: earlier, ...card } = this.card;
    const { calibrationApart: __, ...before } = card.data;
    const { threshold } = rules.threshold;
    return this.#resealed(withCalibrationScores(this.#bytes, calibration, threshold, this.ties), {
      ...card,
      ...rules,
      data: {
        ...before,
        ...data,
        calibration: calibration.length,
        ...(apart && { calibrationApart: apart }),
      },
      reference: reference ?? earlier!,
    });
  }

  async #giveMaps(
    from: number,
    to: number,
    results: Results,
    onMap: UntrainedOptions["onMap"],
  ): Promise<void> {
    if (onMap === undefined) return;
    const { height, width } = this.card.map!;
    const size = height * width;
    checkOutputs(results, ["map"], to - from, size);
    const maps = results["map"]!.data as Float32Array;
    for (let row = from; row < to; row++) {
      await onMap({ height, width, data: maps.slice((row - from) * size, (row - from + 1) * size) }, row);
    }
  }

  async #resealed(
    model: Uint8Array,
    card: ModelCard,
    untrained = this.#decoded.metadata[METADATA.untrained],
  ): Promise<Model> {
    const sealed = await sealModel(model, card, untrained);
    return Model.fromBytes(sealed, this.#origin);
  }

  #placed<Options extends Running>(options: Options): Options {
    const { backend } = this.#origin;
    return backend === undefined ? options : { ...options, backend };
  }

  #threshold({ threshold, percentile, rule, operatingPoint }: ScoreOptions): number {
    if ([threshold, percentile, rule, operatingPoint].filter((given) => given !== undefined).length > 1) {
      throw new HypersphereError(
        "invalid-option",
        "A rule, a threshold, a percentile and an operating point exclude each other; give one of them.",
      );
    }
    if (rule !== undefined) {
      const parsed = typeof rule === "string" ? parseRule(rule) : rule;
      return applyRule(parsed, this.calibrationScores).threshold;
    }
    if (percentile !== undefined) {
      checkPercentile(percentile, "percentile");
      return percentileThreshold(this.calibrationScores, percentile).threshold;
    }
    if (operatingPoint !== undefined) return this.#operatingPoint(operatingPoint).threshold;
    if (threshold !== undefined) requireThreshold(threshold);
    return threshold ?? this.card.threshold.threshold;
  }

  #operatingPoint(name: string): Threshold {
    const names = Object.keys(this.card.operatingPoints);
    const found = this.card.operatingPoints[name];
    if (found !== undefined && names.includes(name)) return found;
    throw new HypersphereError("invalid-option", `The model has no operating point "${name}".`, {
      hint: names.length > 0 ? `It has ${listNames(names)}.` : "It has only its threshold.",
    });
  }
}

/** Looks at everything in a file, and in the model inside of it, before anything of it runs. */
function checkParts(bytes: Uint8Array, untrained: string | undefined, { trusted = true }: ModelOrigin): void {
  const parts = [bytes, ...(untrained === undefined ? [] : [untrainedModel(untrained)])];
  for (const part of parts) {
    const survey = surveyModel(part);
    refuseOtherFiles(survey);
    if (!trusted) refuseForeignOperators(survey);
  }
}

import { type FeatureMatrix, sampleFeatures } from "../../features/index.js";
import { squaredDistance } from "../../graph/index.js";
import { mean } from "../../math/quantile.js";
import type { RandomStream } from "../../math/random.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import { ParameterLayout } from "../../nn/parameters.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { covarianceOf } from "../../train/covariance.js";
import { Forward } from "../../train/forward.js";
import { collapseSigns } from "../../train/health.js";
import { LatentProbe } from "../../train/latent-probe.js";
import { optimizer } from "../../train/optimizers.js";
import { runStage } from "../../train/stage.js";
import { Trainer } from "../../train/trainer.js";
import type { TrainingContext, TrainingData } from "../contract.js";
import { hypersphereCenter, squaredDistances } from "./center.js";
import { MemberCheckpoints, type Pretrained } from "./checkpoints.js";
import { oneClassLoss, reconstructionLoss, softBoundaryLoss, softBoundaryRadius } from "./objectives.js";
import type { DeepSvddOptions } from "./options.js";
import { type TrainingPlan, trainingPlan } from "./plan.js";
import { type MemberReport, stageReport } from "./report.js";
import type { HypersphereMember } from "./scorer.js";
import { whitenLatent } from "./whitening.js";

/** Training rows that stand for all of them where statistics are taken: centre, covariance, radius. */
const SAMPLE_ROWS = 20_000;
/** Held-out rows by which a stage is judged. */
const VALIDATION_ROWS = 2000;
/** Rows through which the health of the latent space is watched. */
const PROBE_ROWS = 256;
/** Features above this many bytes stay in one place; smaller ones are copied to where a member trains. */
const LARGE_FEATURES = 64 * 2 ** 20;
/** Assessments of a stage. */
const ASSESSMENTS = 20;

export interface MemberResult {
  readonly trained: HypersphereMember;
  readonly untrained: HypersphereMember;
  readonly report: MemberReport;
}

export type EpochListener = (stage: "pretraining" | "training", epoch: number, loss: number) => void;

/** Trains one network of the ensemble through all stages. */
export class MemberTraining {
  readonly #member: number;
  readonly #design: EncoderDesign;
  readonly #options: DeepSvddOptions;
  readonly #context: TrainingContext;
  readonly #runtime: Runtime;
  readonly #plan: TrainingPlan;
  readonly #origin: Float32Array;
  readonly #train: FeatureMatrix;
  readonly #validation: FeatureMatrix;
  readonly #sample: FeatureMatrix;
  readonly #probe: FeatureMatrix;
  readonly #encoderLayout: ParameterLayout;
  readonly #autoencoderLayout: ParameterLayout;
  readonly #onEpoch: EpochListener;
  readonly #checkpoints: MemberCheckpoints;
  #latent!: Forward;
  #watch!: LatentProbe;

  constructor(
    member: number,
    design: EncoderDesign,
    options: DeepSvddOptions,
    data: TrainingData,
    runtime: Runtime,
    context: TrainingContext,
    onEpoch: EpochListener,
  ) {
    this.#member = member;
    this.#design = design;
    this.#options = options;
    this.#runtime = runtime;
    this.#context = context;
    this.#onEpoch = onEpoch;
    this.#plan = trainingPlan(options, data.train.rows);
    this.#origin = randomOrigin(
      data.train.columns,
      options.originOffset,
      context.random.stream("member", member, "origin"),
    );
    this.#train = data.train;
    this.#validation = shifted(
      sampleFeatures(data.validation, VALIDATION_ROWS, context.random.stream("validation")),
      this.#origin,
    );
    this.#sample = shifted(
      sampleFeatures(data.train, SAMPLE_ROWS, context.random.stream("sample")),
      this.#origin,
    );
    this.#probe = sampleFeatures(this.#sample, PROBE_ROWS, context.random.stream("probe"));
    this.#encoderLayout = new ParameterLayout(design.encoder.parameters);
    this.#autoencoderLayout = new ParameterLayout([
      ...design.encoder.parameters,
      ...design.decoder.parameters,
    ]);
    this.#checkpoints = new MemberCheckpoints(member, context);
  }

  async run(): Promise<MemberResult> {
    const { random } = this.#context;
    const { objective, nu } = this.#options;
    const { encoder } = this.#design;
    const { columns } = this.#train;
    await this.#checkpoints.open();
    this.#latent = await Forward.open(this.#runtime, this.#encoderLayout, columns, (x, p) =>
      encoder.forward(x, p),
    );
    this.#watch = await LatentProbe.open(this.#runtime, this.#encoderLayout, encoder, this.#probe);
    try {
      const initial = this.#autoencoderLayout.initialize((name) =>
        random.stream("member", this.#member, name),
      );
      const untrained = await this.#sphere(initial.slice(0, this.#encoderLayout.size));
      const pretrained = await this.#pretrain(initial);
      const sphere = await this.#sphere(pretrained.parameters);
      const trained = await this.#compact(sphere);
      const distances = await this.#distances(trained.parameters, sphere.center, this.#sample);
      return {
        trained: await this.#measured(trained.parameters, sphere.center),
        untrained,
        report: {
          pretraining: pretrained.report,
          compactness: trained.report,
          health: trained.health,
          ...(objective === "soft-boundary" && { radius: softBoundaryRadius(distances, nu) }),
        },
      };
    } finally {
      await this.#watch.close();
      await this.#latent.close();
    }
  }

  /** Encoder parameters made ready for compactness training: whitened latent space, centre, and its unit. */
  async #sphere(parameters: Float32Array): Promise<HypersphereMember> {
    const { whiten, shrinkage, centerFloor, latentDim } = this.#options;
    let ready = parameters;
    if (whiten) {
      const latent = await this.#latent.run(parameters, this.#sample, this.#context.signal);
      const covariance = await covarianceOf(this.#runtime, latent, latentDim);
      ready = whitenLatent(parameters, this.#encoderLayout, covariance, latentDim, shrinkage);
    }
    const latent = await this.#latent.run(ready, this.#sample, this.#context.signal);
    const center = hypersphereCenter(latent, latentDim, centerFloor);
    return this.#measured(ready, center);
  }

  async #measured(parameters: Float32Array, center: Float32Array): Promise<HypersphereMember> {
    const unit = mean(await this.#distances(parameters, center, this.#validation));
    return { origin: this.#origin, parameters, center, unit };
  }

  async #pretrain(initial: Float32Array): Promise<Pretrained> {
    const done = this.#checkpoints.pretrained;
    if (done !== undefined) return done;
    const { pretrainEpochs: epochs } = this.#plan;
    const encoderOf = (parameters: Float32Array): Float32Array =>
      parameters.slice(0, this.#encoderLayout.size);
    if (epochs === 0) {
      return { parameters: encoderOf(initial), report: { curve: [], ended: "left out", signs: [], kept: 0 } };
    }
    const { encoder, decoder } = this.#design;
    const { snapshot: start } = await this.#watch.read(initial);
    const error = await Forward.open(this.#runtime, this.#autoencoderLayout, this.#train.columns, (x, p) =>
      squaredDistance(decoder.forward(encoder.forward(x, p), p), x),
    );
    const trainer = await this.#trainer("pretraining", (context) =>
      reconstructionLoss(this.#design, context),
    );
    try {
      const result = await runStage(
        trainer,
        this.#checkpoints.resume("pretraining") ?? trainer.start(initial),
        {
          epochs,
          every: Math.ceil(epochs / ASSESSMENTS),
          patience: this.#options.patience,
          assess: async ({ parameters }) => ({
            validation: mean(await error.run(parameters, this.#validation)) / this.#train.columns,
            signs: collapseSigns((await this.#watch.read(parameters)).snapshot, start, { directions: false }),
          }),
          onEpochs: (epoch, loss) => this.#onEpoch("pretraining", epoch, loss),
          onAssessed: (progress) => this.#checkpoints.save("pretraining", progress),
        },
      );
      const pretrained = { parameters: encoderOf(result.state.parameters), report: stageReport(result) };
      await this.#checkpoints.savePretrained(pretrained);
      return pretrained;
    } finally {
      await trainer.close();
      await error.close();
    }
  }

  async #compact(sphere: HypersphereMember) {
    const { nu, objective, warmupEpochs, patience } = this.#options;
    const { epochs } = this.#plan;
    const { center, parameters } = sphere;
    const soft = objective === "soft-boundary";
    let radius = 0;
    const start = await this.#watch.read(parameters, center);
    const startTrain = mean(start.distances);
    const startValidation = mean(await this.#distances(parameters, center, this.#validation));
    const trainer = await this.#trainer(
      "training",
      (context) => (soft ? softBoundaryLoss(this.#design, nu, context) : oneClassLoss(this.#design, context)),
      { center, ...(soft && { radius: Float32Array.of(radius) }) },
    );
    try {
      const from = this.#checkpoints.resume("training") ?? trainer.start(parameters);
      const result = await runStage(trainer, from, {
        epochs,
        every: soft ? 1 : Math.max(1, Math.ceil(epochs / ASSESSMENTS)),
        patience,
        prepare: async (state) => {
          if (!soft || state.epoch < warmupEpochs) return;
          radius = softBoundaryRadius(await this.#distances(state.parameters, center, this.#sample), nu);
          await trainer.update({ radius: float32([], Float32Array.of(radius)) });
        },
        assess: async (state) => {
          const held = await this.#distances(state.parameters, center, this.#validation);
          const seen = await this.#watch.read(state.parameters, center);
          const excess = held.map((distance) => Math.max(0, distance - radius ** 2));
          return {
            validation: soft ? radius ** 2 + mean(excess) / nu : mean(held),
            signs: collapseSigns(seen.snapshot, start.snapshot),
            overfitting: tooCompact(mean(seen.distances) / startTrain, mean(held) / startValidation),
          };
        },
        onEpochs: (epoch, loss) => this.#onEpoch("training", epoch, loss),
        onAssessed: (progress) => this.#checkpoints.save("training", progress),
      });
      const end = await this.#watch.read(result.state.parameters, center);
      return {
        parameters: result.state.parameters,
        report: stageReport(result),
        health: { start: start.snapshot, end: end.snapshot },
      };
    } finally {
      await trainer.close();
    }
  }

  async #distances(
    parameters: Float32Array,
    center: Float32Array,
    rows: FeatureMatrix,
  ): Promise<Float64Array> {
    return squaredDistances(await this.#latent.run(parameters, rows, this.#context.signal), center);
  }

  async #trainer(
    stage: "pretraining" | "training",
    loss: Parameters<typeof Trainer.open>[1]["loss"],
    vectors: Readonly<Record<string, Float32Array>> = {},
  ): Promise<Trainer> {
    const options = this.#options;
    const { rows, columns, data } = this.#train;
    const large = data.byteLength > LARGE_FEATURES;
    const pretraining = stage === "pretraining";
    const all = options.originOffset === 0 ? vectors : { ...vectors, origin: this.#origin };
    const shapes = Object.entries(all).map(
      ([name, vector]) => [name, name === "radius" ? [] : [vector.length]] as const,
    );
    return Trainer.open(
      this.#runtime,
      {
        layout: pretraining ? this.#autoencoderLayout : this.#encoderLayout,
        optimizer: optimizer({
          name: options.optimizer,
          momentum: options.momentum,
          weightDecay: pretraining ? options.pretrainWeightDecay : options.weightDecay,
        }),
        batchSize: this.#plan.batchSize,
        data: {
          features: { dtype: "float32", shape: ["rows", columns] },
          ...Object.fromEntries(shapes.map(([name, shape]) => [name, { dtype: "float32", shape }])),
        },
        loss,
      },
      {
        ...(!large && { features: float32([rows, columns], data) }),
        ...Object.fromEntries(shapes.map(([name, shape]) => [name, float32(shape, all[name]!)])),
      },
      {
        rowCount: rows,
        batchSize: this.#plan.batchSize,
        learningRate: {
          base: pretraining ? options.pretrainLearningRate : options.learningRate,
          milestones: pretraining ? options.pretrainMilestones : options.milestones,
          factor: 0.1,
        },
        streamed: large ? { input: "features", matrix: this.#train } : undefined,
        shuffle: (epoch) => this.#context.random.stream("member", this.#member, stage, epoch),
        signal: this.#context.signal,
      },
    );
  }
}

/**
 * A bias-free encoder without bounded activations is positively homogeneous: it sees directions from the origin, and
 * cannot tell rows on one ray apart but by scale. Standardised rows have their mean at the origin, where moreover all
 * weights at zero would be optimal (see A1 of the linear case in the documentation). Each member therefore looks from
 * somewhere else.
 */
function randomOrigin(columns: number, offset: number, stream: RandomStream): Float32Array {
  return Float32Array.from({ length: columns }, () => (stream.uniform() < 0.5 ? -offset : offset));
}

function shifted({ rows, columns, data }: FeatureMatrix, origin: Float32Array): FeatureMatrix {
  return { rows, columns, data: data.map((value, k) => value - origin[k % columns]!) };
}

/**
 * Whether compactness training has gone far enough. Mapping every row to the centre is where its objective leads in
 * the end, so it stops while the sphere still tells rows apart: when training rows are at a quarter of their starting
 * distance, or have come nearer than held-out rows by more than a fifth.
 */
function tooCompact(seen: number, held: number): boolean {
  return seen < 0.25 || Math.log(held / seen) > 0.2;
}

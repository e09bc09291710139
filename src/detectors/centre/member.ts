import type { FeatureMatrix } from "../../features/index.js";
import { mean } from "../../math/quantile.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import { ParameterLayout } from "../../nn/parameters.js";
import { float32, type Runtime, type Values } from "../../runtime/index.js";
import { covarianceOf } from "../../train/covariance.js";
import { Forward } from "../../train/forward.js";
import { collapseSigns } from "../../train/health.js";
import { LatentProbe, type ProbeReading } from "../../train/latent-probe.js";
import { withRunningStatistics } from "../../train/running-statistics.js";
import { runStage } from "../../train/stage.js";
import { MemberCheckpoints } from "../networks/checkpoints.js";
import {
  LEFT_OUT,
  type MemberReport,
  type SpaceHealth,
  type StageReport,
  stageReport,
} from "../networks/report.js";
import { decodedRows } from "./decoded-rows.js";
import type { Covariance, Examples, Moving, Objective, Vectors } from "./objective.js";
import type { SettledOptions } from "./options.js";
import { trainingPlan } from "./plan.js";
import { pretrain } from "./pretraining.js";
import { type MemberRows, memberRows, randomOrigin } from "./rows.js";
import type { DeepMember } from "./scorer.js";
import { assessedEvery, openStageTrainer } from "./stage-trainer.js";
import { byTransforms, channelMeans } from "./transforms.js";
import type { StartingMember } from "./warm-start.js";
import { whitenLatent } from "./whitening.js";

export interface MemberResult {
  readonly trained: DeepMember;
  readonly untrained: DeepMember;
  /** Where a warm start began, in the unit of the held-out normals of this fit. */
  readonly started?: DeepMember;
  readonly report: MemberReport;
}

export type EpochListener = (stage: "pretraining" | "training", epoch: number, loss: number) => void;

/** What a member is made of and by. */
export interface MemberTask {
  readonly member: number;
  readonly design: EncoderDesign;
  readonly options: SettledOptions;
  readonly objective: Objective;
  readonly data: TrainingData;
  readonly onEpoch: EpochListener;
  /** Where training goes on from; by default each member has a random start and is pretrained. */
  readonly start?: StartingMember | undefined;
}

interface Prepared {
  readonly parameters: Float32Array;
  readonly vectors: Vectors;
}

/** Trains one network of the ensemble: pretraining, whitening, the objective's vectors, and the objective's stage. */
export class MemberTraining {
  readonly #task: MemberTask;
  readonly #runtime: Runtime;
  readonly #context: TrainingContext;
  readonly #rows: MemberRows;
  readonly #layout: ParameterLayout;
  readonly #encoderLayout: ParameterLayout;
  readonly #checkpoints: MemberCheckpoints;
  #embedding!: Forward;
  #latent!: Forward;
  #probes: LatentProbe[] = [];

  constructor(task: MemberTask, runtime: Runtime, context: TrainingContext) {
    const { member, data, options, design, objective } = task;
    this.#task = task;
    this.#runtime = runtime;
    this.#context = context;
    const stream = context.random.stream("member", member, "origin");
    const own = (): Float32Array =>
      byTransforms(options)
        ? channelMeans(data)
        : randomOrigin(data.inputShape, options.originOffset, stream);
    const origin = task.start?.origin ?? own();
    this.#rows = memberRows(data, origin, context.random);
    this.#layout = new ParameterLayout(objective.parameters);
    this.#encoderLayout = new ParameterLayout(design.encoder.parameters);
    this.#checkpoints = new MemberCheckpoints(member, context);
  }

  async run(): Promise<MemberResult> {
    const { objective } = this.#task;
    await this.#checkpoints.open();
    await this.#open();
    try {
      const initial = await this.#initial();
      const untrained = await this.#prepared(initial);
      const { ready, pretraining, autoencoder } = await this.#started(initial);
      if (autoencoder !== undefined) await this.#showDecoder(autoencoder);
      const { parameters, report, health } = await this.#train(ready);
      const vectors = ready.vectors;
      const embedding = await this.#embed(parameters, this.#rows.sample);
      return {
        trained: await this.#finished(parameters, vectors),
        untrained: await this.#finished(untrained.parameters, untrained.vectors),
        ...(this.#task.start && { started: await this.#finished(ready.parameters, vectors) }),
        report: {
          pretraining,
          compactness: report,
          ...this.#healthReport(health),
          ...objective.report?.(embedding, vectors),
        },
      };
    } finally {
      await this.#close();
    }
  }

  /** Starting values, with the running statistics that the encoder has of these rows. */
  async #initial(): Promise<Float32Array<ArrayBuffer>> {
    const { member, design } = this.#task;
    const initial = this.#layout.initialize((name) => this.#context.random.stream("member", member, name));
    const own = initial.slice(0, this.#encoderLayout.size);
    const { encoder } = design;
    initial.set(
      await withRunningStatistics(
        this.#runtime,
        this.#encoderLayout,
        (x, p, training) => encoder.forward(x, p, training),
        own,
        this.#rows.probe,
      ),
    );
    return initial;
  }

  /** Where the objective's stage begins: after pretraining, or where another model ended. */
  async #started(
    initial: Float32Array,
  ): Promise<{ ready: Prepared; pretraining: StageReport; autoencoder?: Float32Array | undefined }> {
    const { start, objective, onEpoch } = this.#task;
    if (start !== undefined) {
      const { parameters, center } = start;
      const vectors = objective.anchor(await this.#embed(parameters, this.#rows.sample), center);
      return { ready: { parameters, vectors }, pretraining: LEFT_OUT };
    }
    const pretrained = await pretrain(
      {
        ...this.#task,
        rows: this.#rows,
        origin: this.#origin,
        checkpoints: this.#checkpoints,
        onEpoch: (epoch, loss) => onEpoch("pretraining", epoch, loss),
      },
      this.#runtime,
      this.#context,
    );
    const parameters = initial.slice();
    parameters.set(pretrained.parameters);
    const { report, autoencoder } = pretrained;
    return { ready: await this.#prepared(parameters), pretraining: report, autoencoder };
  }

  /** Tells what the decoder makes of rows held out, to a person who wants to see it before it is gone. */
  async #showDecoder(autoencoder: Float32Array): Promise<void> {
    const { onDecoded } = this.#context;
    if (onDecoded === undefined) return;
    const { member, design } = this.#task;
    onDecoded({ member, ...(await decodedRows(design, autoencoder, this.#rows, this.#runtime)) });
  }

  /** A starting point made ready for the stage: its latent space whitened, and the objective's vectors set. */
  async #prepared(parameters: Float32Array): Promise<Prepared> {
    const { options, objective, design } = this.#task;
    const { latentDim, shrinkage } = options;
    let ready = parameters;
    if (options.whiten) {
      const latent = await this.#latent.run(parameters, this.#rows.sample, this.#context.signal);
      const covariance: Covariance = (rows, dim) => covarianceOf(this.#runtime, rows, dim);
      const own = await covariance(latent, latentDim);
      const encoder = parameters.subarray(0, this.#encoderLayout.size);
      ready = parameters.slice();
      ready.set(whitenLatent(encoder, this.#encoderLayout, own, design.latentDim, shrinkage));
      if (objective.whiten) {
        ready = await objective.whiten(ready, await this.#embed(ready, this.#rows.sample), covariance);
      }
    }
    return { parameters: ready, vectors: objective.anchor(await this.#embed(ready, this.#rows.sample)) };
  }

  async #finished(parameters: Float32Array, vectors: Vectors): Promise<DeepMember> {
    const held = await this.#embed(parameters, this.#rows.validation);
    return { origin: this.#rows.origin, parameters, ...this.#task.objective.finish(held, vectors) };
  }

  async #train({ parameters, vectors }: Prepared) {
    const { member, options, objective, data } = this.#task;
    const { moving } = objective;
    const { epochs, batchSize } = trainingPlan(options, data.train.rows);
    const examples = objective.examples ?? trainingRows(data);
    const negatives = this.#rows.judged(examples.negatives);
    let numbers: Moving = moving?.initial ?? {};
    const start = await this.#read(parameters, vectors);
    const startHeld = mean(await this.#distances(parameters, vectors, this.#rows.validation));
    const trainer = await openStageTrainer(
      {
        stage: "training",
        member,
        layout: this.#layout,
        matrix: examples.matrix,
        visits: examples.visits,
        batchSize,
        order: examples.order,
        data: { ...this.#origin, ...asValues(vectors), ...asScalars(numbers), ...examples.data },
        loss: (step) => objective.loss(step),
      },
      options,
      this.#runtime,
      this.#context,
    );
    try {
      const from = this.#checkpoints.resume("training") ?? trainer.start(parameters);
      const result = await runStage(trainer, from, {
        epochs,
        every: moving === undefined ? assessedEvery(epochs) : 1,
        patience: options.patience,
        prepare: async (state) => {
          const embedding = (): Promise<Float32Array> => this.#embed(state.parameters, this.#rows.sample);
          const next = await moving?.at(state.epoch, vectors, embedding);
          if (next === undefined) return;
          numbers = next;
          await trainer.update(asScalars(numbers));
        },
        assess: async (state) => {
          const embedding = await this.#embed(state.parameters, this.#rows.validation);
          const held = objective.distances(embedding, vectors);
          const readings = await this.#read(state.parameters, vectors);
          const judged = objective.assess({
            embedding,
            held,
            negatives: await this.#distances(state.parameters, vectors, negatives),
            vectors,
            moving: numbers,
            seenRatio: mean(readings.map(({ distances }, k) => mean(distances) / mean(start[k]!.distances))),
            heldRatio: mean(held) / startHeld,
          });
          const spread = mean(
            readings.map(({ snapshot }, k) => share(snapshot.spread, start[k]!.snapshot.spread)),
          );
          return { ...judged, signs: this.#signs(readings, start), readings: { spread, ...numbers } };
        },
        onEpochs: (epoch, loss) => this.#task.onEpoch("training", epoch, loss),
        onAssessed: (progress) => this.#checkpoints.save("training", progress),
      });
      const end = await this.#read(result.state.parameters, vectors);
      const health = start.map(({ snapshot }, k) => ({ start: snapshot, end: end[k]!.snapshot }));
      return { parameters: result.state.parameters, report: stageReport(result), health };
    } finally {
      await trainer.close();
    }
  }

  /** What the watched spaces look like. */
  #read(parameters: Float32Array, vectors: Vectors): Promise<ProbeReading[]> {
    const { views } = this.#task.objective;
    return Promise.all(this.#probes.map((probe, k) => probe.read(parameters, views[k]!.center(vectors))));
  }

  #signs(now: readonly ProbeReading[], start: readonly ProbeReading[]): string[] {
    return this.#task.objective.views.flatMap(({ name, signs = collapseSigns }, k) =>
      signs(now[k]!.snapshot, start[k]!.snapshot).map((sign) => (name === "" ? sign : `${name}: ${sign}`)),
    );
  }

  #healthReport(health: readonly SpaceHealth[]): Pick<MemberReport, "health" | "spaces"> {
    const { views } = this.#task.objective;
    const [first] = health;
    if (views.length === 1) return { health: first! };
    return { health: first!, spaces: Object.fromEntries(views.map(({ name }, k) => [name, health[k]!])) };
  }

  #embed(parameters: Float32Array, rows: FeatureMatrix): Promise<Float32Array> {
    return this.#embedding.run(parameters, rows, this.#context.signal);
  }

  async #distances(parameters: Float32Array, vectors: Vectors, rows: FeatureMatrix): Promise<Float64Array> {
    return this.#task.objective.distances(await this.#embed(parameters, rows), vectors);
  }

  /** For the loss, which shifts the rows of a batch: the training matrix itself is shared by all members. */
  get #origin(): Values {
    if (this.#task.options.originOffset === 0 && this.#rows.origin.every((value) => value === 0)) return {};
    return { origin: float32([this.#rows.origin.length], this.#rows.origin) };
  }

  async #open(): Promise<void> {
    const { design, objective, data } = this.#task;
    const { columns } = data.train;
    this.#latent = await Forward.open(this.#runtime, this.#encoderLayout, columns, (x, p) =>
      design.encoder.forward(x, p),
    );
    this.#embedding = await Forward.open(this.#runtime, this.#layout, columns, (x, p) =>
      objective.embed(x, p),
    );
    for (const { network } of objective.views) {
      this.#probes.push(await LatentProbe.open(this.#runtime, this.#layout, network, this.#rows.probe));
    }
  }

  async #close(): Promise<void> {
    for (const probe of this.#probes) await probe.close();
    await this.#embedding.close();
    await this.#latent.close();
  }
}

/** Every training row once an epoch, in random order. */
function trainingRows({ train }: TrainingData): Examples {
  return {
    matrix: train,
    negatives: { rows: 0, columns: train.columns, data: new Float32Array(0) },
    data: {},
    visits: train.rows,
    order: (stream) => stream.permutation(train.rows),
  };
}

/** A share that JSON can hold: of nothing there is no share. */
const share = (part: number, whole: number): number =>
  whole > 0 && Number.isFinite(part) ? part / whole : 0;

const asValues = (vectors: Vectors): Values =>
  Object.fromEntries(
    Object.entries(vectors).map(([name, vector]) => [name, float32([vector.length], vector)]),
  );

const asScalars = (numbers: Moving): Values =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, float32([], Float32Array.of(value))]),
  );

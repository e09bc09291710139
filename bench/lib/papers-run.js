import { built } from "./root.js";

// Provides the runtime that currentBackend() answers with.
await import(built("index.js"));
const { computeFeatures, fitInputSchema, inputShape } = await import(built("features/index.js"));
const { squaredDistance } = await import(built("graph/index.js"));
const { mean } = await import(built("math/quantile.js"));
const { createRandom } = await import(built("math/random.js"));
const { auroc } = await import(built("metrics/index.js"));
const { ParameterLayout } = await import(built("nn/parameters.js"));
const { currentBackend } = await import(built("runtime/index.js"));
const { Forward } = await import(built("train/forward.js"));
const { collapseSigns } = await import(built("train/health.js"));
const { autoencoderLayout, reconstructionError } = await import(built("detectors/autoencoder/scorer.js"));
const { MemberTraining } = await import(built("detectors/centre/member.js"));
const { deepSvddObjective, tooCompact } = await import(built("detectors/centre/deep-svdd/objectives.js"));
const { deepSvddOptions } = await import(built("detectors/centre/deep-svdd/options.js"));
const { designOf } = await import(built("detectors/networks/design.js"));

/** Share of the normals that nothing is trained on: the curves that say whether more epochs would be of use. */
export const HELD_SHARE = 0.05;

/**
 * The settings of the papers' code (PyTorch versions of Deep SVDD and Deep SAD) for Fashion-MNIST, and of others as far
 * as they agree, but for fewer epochs. In 150 the rate falls to a tenth at the 50th. A third of a few is too early: the
 * losses on held-out rows were far from flat then. So it falls for the last fifth.
 */
export function papersOptions({ epochs, pretrainEpochs, ...others }) {
  return deepSvddOptions.parse({
    members: 1,
    whiten: false,
    originOffset: 0,
    slope: 0.01,
    initialization: "pytorch",
    reconstruction: "sigmoid",
    batchSize: 200,
    pretrainEpochs,
    pretrainLearningRate: 1e-4,
    pretrainMilestones: [Math.ceil(pretrainEpochs * 0.8)],
    pretrainWeightDecay: 0.5e-3,
    epochs,
    learningRate: 1e-4,
    milestones: [Math.ceil(epochs * 0.8)],
    weightDecay: 0.5e-6,
    centerFloor: 0.1,
    patience: 1 + Math.max(epochs, pretrainEpochs),
    ...others,
  });
}

/** Numbers of the rows to train on, and of those held out. */
export function heldOut(rowCount, seed) {
  const order = createRandom(seed).stream("held").permutation(rowCount);
  const held = Math.round(HELD_SHARE * rowCount);
  return { heldRows: order.subarray(0, held).toSorted(), trainRows: order.subarray(held).toSorted() };
}

/** The weights that `papersRun` starts from, encoder first: each with its name, its shape and its values in one vector. */
export function startOf(options, shape) {
  const layout = autoencoderLayout(designOf(options, shape));
  const random = createRandom(options.seed);
  const values = layout.initialize((name) => random.stream("member", 0, name));
  return { specs: layout.specs.map(({ name, shape: own }) => ({ name, shape: own })), values };
}

/**
 * One run as in the papers, by the code that trains a member, but for what would end a stage early: all epochs are
 * done, and the last state counts. The state at which the product would have stopped is measured beside it.
 *
 * @param images one class's images to train on
 * @param test {images, labels}: labels judge and do nothing else
 * @param figures which of deepSvdd, stopped, pretrained, untrained and reconstruction to measure
 * @param runtime where it trains
 * @returns AUROC of everything that the run has on the way, the curves, and signs of collapse at the end
 */
export async function papersRun({ images, test, options, figures, runtime, onEpoch = () => {} }) {
  const random = createRandom(options.seed);
  const { heldRows, trainRows } = heldOut(images.rowCount, options.seed);
  const schema = await fitInputSchema(images, trainRows, options, runtime);
  const features = (set, rows) => computeFeatures(runtime, schema, set, rows);
  const data = {
    inputShape: inputShape(schema),
    train: await features(images, trainRows),
    validation: await features(images, heldRows),
  };
  const design = designOf(options, data.inputShape);
  const watch = new Watch(deepSvddObjective(design, options));
  const context = {
    identity: "papers",
    random,
    backend: currentBackend(),
    checkpoint: { load: async () => undefined, save: async (key, state) => watch.save(key, state) },
  };
  const task = { member: 0, design, options, objective: watch.objective, data, onEpoch };
  const { trained, untrained, report } = await new MemberTraining(task, runtime, context).run();

  const rows = await features(
    test.images,
    Uint32Array.from({ length: test.images.rowCount }, (_, row) => row),
  );
  const measure = async (layout, parameters, compute) => {
    const forward = await Forward.open(runtime, layout, rows.columns, compute);
    const scores = await forward.run(parameters, rows);
    await forward.close();
    return auroc(test.labels, scores);
  };
  const encoderLayout = new ParameterLayout(design.encoder.parameters);
  const sphere = (parameters, { center }) =>
    measure(encoderLayout, parameters, (x, p) =>
      squaredDistance(
        design.encoder.forward(x, p),
        x.graph.initializer("center", "float32", [center.length], center),
      ),
    );
  const { vectors } = trained;
  const measures = {
    deepSvdd: () => sphere(watch.last, vectors),
    stopped: () => sphere(watch.stopped ?? watch.last, vectors),
    pretrained: () => sphere(watch.pretrained, vectors),
    untrained: () => sphere(untrained.parameters, untrained.vectors),
    reconstruction: () =>
      measure(autoencoderLayout(design), watch.autoencoder, (x, p) => reconstructionError(design, x, p)),
  };
  const results = {};
  for (const name of figures) results[name] = await measures[name]();
  return {
    ...results,
    stoppedAt: watch.stoppedAt ?? options.epochs,
    pretraining: report.pretraining.curve,
    training: report.compactness.curve,
    signs: watch.signs,
    trainRows: trainRows.length,
    range: [schema.min, schema.max],
  };
}

/** The objective without what ends its stage, and the states that it goes through. */
class Watch {
  /** Encoder and decoder at the end of pretraining, and the encoder alone. */
  autoencoder;
  pretrained;
  /** After all epochs; where the product would have stopped, and at which epoch that was. */
  last;
  stopped;
  stoppedAt;
  signs = [];
  #best;

  constructor(objective) {
    this.objective = {
      ...objective,
      views: objective.views.map((view) => ({
        ...view,
        signs: (now, start) => {
          this.signs = collapseSigns(now, start);
          if (this.signs.length > 0) this.#stop();
          return [];
        },
      })),
      assess: (standing) => {
        if (tooCompact(standing, 0.25)) this.#stop();
        return { validation: mean(standing.held), overfitting: false };
      },
    };
  }

  /** The product keeps the best state before the one that it finds wanting. */
  #stop() {
    if (this.stopped !== undefined) return;
    this.stopped = this.#best?.parameters ?? this.pretrained;
    this.stoppedAt = this.#best?.epoch ?? 0;
  }

  save(key, { json, vectors }) {
    if (key.endsWith("-pretrained")) this.pretrained = vectors.parameters;
    else if (json.stage === "pretraining") this.autoencoder = vectors["best.parameters"];
    else {
      this.last = vectors["now.parameters"];
      this.#best = { epoch: json.bestEpoch, parameters: vectors["best.parameters"] };
    }
  }
}

import { built } from "./root.js";

const { Draws, drawnData } = await import(built("detectors/turned/draws.js"));
const { transformParameters } = await import(built("detectors/turned/objective.js"));
const { stepLoss } = await import(built("detectors/turned/train-network.js"));
const { residualEncoder } = await import(built("nn/images/resnet-small.js"));
const { ParameterLayout } = await import(built("nn/parameters.js"));
const { float32 } = await import(built("runtime/index.js"));
const { optimizer } = await import(built("train/optimizers.js"));
const { Trainer } = await import(built("train/trainer.js"));

/** Images of a step. */
export const TRANSFORM_IMAGES = 64;

/**
 * Steps of `transforms` as the product takes them, with views made in the program; an epoch is so many steps.
 * @param shape [channels, side, side]
 */
export async function openTransforms(runtime, [channels, side], steps, random) {
  const encoder = residualEncoder([channels, side], { width: 16, slope: 0.1 });
  const layout = new ParameterLayout(transformParameters(encoder));
  const images = steps * TRANSFORM_IMAGES;
  const plan = {
    ...{ channels, side, shift: Math.round(side / 5), jitter: 2, padding: "zero", black: 0 },
    ...{ mean: Array(channels).fill(0.5), deviation: Array(channels).fill(0.3) },
  };
  const pixels = new Float32Array(images * channels * side * side);
  random.stream("data").fillUniform(pixels, 0, 1);
  const draws = new Draws({ views: plan, images, batchSize: TRANSFORM_IMAGES, mirror: false }, random);
  const shape = [images, channels * side * side];
  const trainer = await Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({ name: "adamw", weightDecay: 0.05, betas: [0.9, 0.99] }),
      batchSize: TRANSFORM_IMAGES,
      data: { images: { dtype: "float32", shape }, ...drawnData },
      loss: (step) => stepLoss(encoder, plan, step),
    },
    { images: float32(shape, pixels), ...draws.steps(0, steps) },
    {
      rowCount: images,
      batchSize: TRANSFORM_IMAGES,
      learningRate: { base: 1e-4, milestones: [], factor: 1 },
      // What was drawn stands in the order of the steps.
      shuffle: () => ({ permutation: (count) => Uint32Array.from({ length: count }, (_, k) => k) }),
    },
  );
  let state = trainer.start(layout.initialize((name) => random.stream(name)));
  return {
    parameters: layout.size,
    async epoch() {
      const begun = performance.now();
      ({ state } = await trainer.epochs(state, 1));
      return { ms: performance.now() - begun };
    },
    close: () => trainer.close(),
  };
}

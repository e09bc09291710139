import { sigmoid, type Tensor } from "../../graph/index.js";
import type { EncoderDesign, EncoderNetwork, Sliding, TrainingMode } from "../encoder.js";
import type { EncoderOptions } from "../encoders.js";
import type { ParameterSpec, Parameters } from "../parameters.js";
import { type ImageLayer, layerParameters, type MapShape, outputShape, type WeightRule } from "./layers.js";
import { evaluationPass, type Rectifier, trainingPass } from "./passes.js";
import { type CropGrid, gridOf, slidingPass, slidingStride } from "./sliding-pass.js";

export type ImageOptions = Pick<
  EncoderOptions,
  "latentDim" | "activation" | "slope" | "bias" | "initialization" | "reconstruction"
>;

interface NetworkPlan {
  /** Prefix of the parameters' names. */
  readonly name: string;
  readonly input: MapShape;
  readonly layers: readonly ImageLayer[];
  readonly rectifier: Rectifier;
  readonly rule: WeightRule;
  /** Whether PyTorch has the convolutions as transposed ones. */
  readonly transposed: boolean;
  readonly output: "linear" | "sigmoid";
}

/** Layers with the shapes that they get. */
function withShapes({ name, input, layers }: NetworkPlan) {
  let shape = input;
  return layers.map((layer, k) => {
    const before = shape;
    shape = outputShape(layer, before);
    return { name: `${name}.${k}`, layer, input: before, output: shape };
  });
}

/** @param grid crops of larger images that are the rows, where rows are not images of the input's size */
function network(plan: NetworkPlan, grid?: CropGrid): EncoderNetwork {
  const steps = withShapes(plan);
  const parameters: ParameterSpec[] = steps.flatMap(({ name, layer, input }, k) =>
    layerParameters(name, layer, input, {
      rule: plan.rule,
      last: k === steps.length - 1,
      transposed: plan.transposed,
    }),
  );
  const run = (x: Tensor, values: Parameters, training: TrainingMode | undefined) => {
    const pass =
      training !== undefined
        ? trainingPass(values, plan.rectifier, training)
        : grid !== undefined
          ? slidingPass(values, plan.rectifier, grid)
          : evaluationPass(values, plan.rectifier);
    let maps = pass.enter(x, plan.input);
    const outputs = steps.map(({ name, layer, input }) => {
      maps = pass.layer(name, layer, maps, input);
      return maps;
    });
    const rows = pass.leave(maps, steps.at(-1)!.output);
    return { pass, outputs, rows: plan.output === "sigmoid" ? sigmoid(rows) : rows };
  };
  return {
    parameters,
    forward: (x, values, training) => run(x, values, training).rows,
    blocks(x, values, training) {
      const { pass, outputs, rows } = run(x, values, training);
      const inner = outputs.slice(0, -1).map((each, k) => pass.average(each, steps[k]!.output));
      return [...inner, rows];
    },
  };
}

/** How an encoder slides over larger images, where its layers do not look past the edges of a crop. */
function slidingOf(plan: NetworkPlan): Sliding | undefined {
  const stride = slidingStride(plan.layers);
  if (stride === undefined) return undefined;
  return {
    stride,
    over(image) {
      const grid = gridOf(image as MapShape, plan.input, stride);
      return { positions: grid.positions, encoder: network(plan, grid) };
    },
  };
}

/** An encoder and its decoder from their layers. @param rule where convolutions start, if not by `initialization` */
export function imageDesign(
  inputShape: MapShape,
  encoder: readonly ImageLayer[],
  decoder: readonly ImageLayer[],
  options: ImageOptions,
  rule: WeightRule = options.initialization,
): EncoderDesign {
  const { latentDim, activation, slope, reconstruction, bias } = options;
  const shared = { rectifier: { activation, slope }, rule };
  const plan: NetworkPlan = {
    ...shared,
    name: "encoder",
    input: inputShape,
    layers: [...encoder, { kind: "dense", outputs: latentDim, bias }],
    transposed: false,
    output: "linear",
  };
  const sliding = slidingOf(plan);
  return {
    inputShape,
    latentDim,
    encoder: network(plan),
    ...(sliding && { sliding }),
    decoder: network({
      ...shared,
      name: "decoder",
      input: [latentDim, 1, 1],
      layers: decoder,
      transposed: true,
      output: reconstruction,
    }),
  };
}

import { sigmoid, type Tensor } from "../../graph/index.js";
import type { EncoderDesign, EncoderNetwork, TrainingMode } from "../encoder.js";
import type { EncoderOptions } from "../encoders.js";
import type { ParameterSpec, Parameters } from "../parameters.js";
import { type ImageLayer, layerParameters, type MapShape, outputShape, type WeightRule } from "./layers.js";
import { evaluationPass, type Rectifier, trainingPass } from "./passes.js";

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

function network(plan: NetworkPlan): EncoderNetwork {
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
      training === undefined
        ? evaluationPass(values, plan.rectifier)
        : trainingPass(values, plan.rectifier, training);
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
      return [...outputs.slice(0, -1).map((each) => pass.average(each)), rows];
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
  return {
    inputShape,
    latentDim,
    encoder: network({
      ...shared,
      name: "encoder",
      input: inputShape,
      layers: [...encoder, { kind: "dense", outputs: latentDim, bias }],
      transposed: false,
      output: "linear",
    }),
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

import { meanOver, square, sub, type Tensor } from "../../graph/index.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import { ParameterLayout, type Parameters } from "../../nn/parameters.js";
import { meanOfMembers, storedParameters } from "../networks/stored-parameters.js";

/** Encoder and decoder as one vector of parameters. */
export const autoencoderLayout = ({ encoder, decoder }: EncoderDesign): ParameterLayout =>
  new ParameterLayout([...encoder.parameters, ...decoder.parameters]);

/**
 * Mean over features of (x - decode(encode(x)))^2, [rows, d] to [rows].
 * @param onInside hears of the latent vectors and of what the decoder makes of them
 */
export function reconstructionError(
  { encoder, decoder }: EncoderDesign,
  x: Tensor,
  parameters: Parameters,
  onInside?: (latent: Tensor, reconstruction: Tensor) => void,
): Tensor {
  const latent = encoder.forward(x, parameters);
  const reconstruction = decoder.forward(latent, parameters);
  onInside?.(latent, reconstruction);
  return meanOver(square(sub(reconstruction, x)), 1);
}

/** The score of an ensemble: the mean of its members' errors. Members reconstruct the same features in one unit. */
export function ensembleError(
  design: EncoderDesign,
  members: readonly Float32Array[],
  features: Tensor,
): Tensor {
  const layout = autoencoderLayout(design);
  const { graph } = features;
  graph.mark("features", features);
  const errors = members.map((parameters, k) =>
    reconstructionError(
      design,
      features,
      storedParameters(graph, layout, parameters, k),
      (latent, reconstruction) => {
        graph.mark(`member${k}.latent`, latent);
        graph.mark(`member${k}.reconstruction`, reconstruction);
      },
    ),
  );
  return meanOfMembers(errors);
}

import type { Tensor } from "../graph/index.js";
import type { ParameterSpec, Parameters } from "./parameters.js";

/** A network as a pair: which parameters it has, and what it computes from them. */
export interface Network {
  readonly parameters: readonly ParameterSpec[];
  forward(x: Tensor, parameters: Parameters): Tensor;
}

/**
 * An encoder and the decoder that pretrains it. The encoder maps [rows, ...inputShape] to [rows, latentDim]; the
 * decoder maps back.
 */
export interface EncoderDesign {
  readonly inputShape: readonly number[];
  readonly latentDim: number;
  readonly encoder: Network;
  readonly decoder: Network;
}

import type { ResidualEncoder } from "../../nn/images/resnet-small.js";
import { ROTATIONS } from "./views.js";

/** Operations of a nominal second, for which two quiet cores take one to two. */
const NOMINAL_RATE = 80e9;
/** A training step takes about three times the forward pass: two products more for every one. */
const PASSES = 3;

/**
 * Optimiser steps of a training of so many nominal minutes. They follow from counted operations, not from a clock: the same
 * seed then makes the same model, however busy the machine is.
 */
export function stepsOf(
  minutes: number,
  { multiplications }: Pick<ResidualEncoder, "multiplications">,
  batchSize: number,
): number {
  const perStep = 2 * PASSES * multiplications * ROTATIONS.length * batchSize;
  return Math.ceil((60 * minutes * NOMINAL_RATE) / perStep);
}

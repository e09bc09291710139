import {
  add,
  div,
  exp,
  type Graph,
  gather,
  log,
  matmul,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.js";
import { MAP_FIELD, MAP_STRIDE, type MapNetwork } from "../../nn/images/map-network.js";
import type { StepContext } from "../../train/program.js";

export const LOSSES = ["pixel", "image"] as const;
export type LossName = (typeof LOSSES)[number];

/** Standard deviation, in pixels of the image, of the Gaussian by which a number of the map speaks for pixels. */
export const FIELD_SIGMA = 4;
/** Keeps the loss of a crop with a map of zeros finite. */
const FLOOR = 1e-6;

/** The pseudo-Huber norm of each number, sqrt(y^2 + 1) - 1: what the map is made of. */
export const pseudoHuber = (y: Tensor): Tensor => sub(sqrt(add(square(y), 1)), 1);

/**
 * Maps at the size of their images: every number spreads over its receptive field by a Gaussian with a peak of one, about
 * the middle of the square that it stands for. It is FCDD's transposed convolution with one fixed kernel, written as a
 * product on each side.
 *
 * @param maps float32 [rows, height / 4, width / 4]
 * @returns float32 [rows, height, width]
 */
export function spreadOverFields(maps: Tensor): Tensor {
  const [, down, across] = maps.shape as [number, number, number];
  const { root } = maps.graph;
  const matrix = fieldMatrix(root, down, false);
  return matmul(matmul(matrix, maps), fieldMatrix(root, across, true));
}

/** [1, 4 length, length], or its transpose. */
function fieldMatrix(graph: Graph, length: number, transposed: boolean): Tensor {
  const pixels = length * MAP_STRIDE;
  const data = new Float32Array(pixels * length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let k = 0; k < length; k++) {
      const distance = pixel - (k * MAP_STRIDE + (MAP_STRIDE - 1) / 2);
      if (Math.abs(distance) > MAP_FIELD / 2) continue;
      data[transposed ? k * pixels + pixel : pixel * length + k] = Math.exp(
        -0.5 * (distance / FIELD_SIGMA) ** 2,
      );
    }
  }
  return graph.constant("float32", transposed ? [1, length, pixels] : [1, pixels, length], data);
}

/**
 * What training makes small, for a batch of crops of which some have a defect. Both losses leave what is normal at zero
 * and push what is defective away from it by -log(1 - exp(-mean)): pixel by pixel, or by the mean over the crop, as
 * published.
 *
 * @param masks float32 [rows, height, width]: 1 where there is a defect, else 0
 */
export function fcddLoss(name: LossName, maps: Tensor, masks: Tensor): Tensor {
  const area = sum(masks, [1, 2]);
  const defective = minimum(area, 1);
  const defects = maximum(sum(defective), 1);
  const push = (level: Tensor): Tensor => neg(log(add(sub(1, exp(neg(level))), FLOOR)));
  const pushed = (level: Tensor): Tensor => div(sum(mul(push(level), defective)), defects);
  if (name === "pixel") {
    const spread = spreadOverFields(maps);
    const inside = div(sum(mul(spread, masks), [1, 2]), maximum(area, 1));
    return add(mean(mul(spread, sub(1, masks))), pushed(inside));
  }
  const level = mean(maps, [1, 2]);
  const normal = sub(1, defective);
  return add(div(sum(mul(level, normal)), maximum(sum(normal), 1)), pushed(level));
}

/** The loss of a training step: crops and masks are data of the program, its rows are those of the batch. */
export function stepLoss(network: MapNetwork, name: LossName): (context: StepContext) => Tensor {
  return ({ parameters, data, rows, weights, record }) => {
    const crops = gather(data.get("crops")!, rows);
    const masks = gather(data.get("masks")!, rows);
    return fcddLoss(name, pseudoHuber(network.forward(crops, parameters, { weights, record })), masks);
  };
}

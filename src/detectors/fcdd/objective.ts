import {
  add,
  div,
  exp,
  gather,
  log,
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
import { type Fields, spreadOverFields } from "../maps/field-spread.js";

export const LOSSES = ["pixel", "image"] as const;
export type LossName = (typeof LOSSES)[number];

/** How the map speaks for pixels. */
export const FIELDS: Fields = { stride: MAP_STRIDE, field: MAP_FIELD, sigma: 4 };
/** Keeps the loss of a crop with a map of zeros finite. */
const FLOOR = 1e-6;

/**
 * The pseudo-Huber norm of each number, sqrt(y^2 + 1) - 1: what the map is made of. Written so that small numbers keep their digits,
 * which the difference of two numbers near one would lose.
 */
export function pseudoHuber(y: Tensor): Tensor {
  const squares = square(y);
  return div(squares, add(sqrt(add(squares, 1)), 1));
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
    const spread = spreadOverFields(maps, FIELDS);
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

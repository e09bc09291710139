import { iqr } from "../../math/quantile.js";
import type { Scorer } from "../../model/contract.js";
import { MAP_TIES, type Ties } from "../../scoring/index.js";

/**
 * Scores of images closer than this share of themselves count as equal: convolutions are computed in single precision alone, in
 * another order by each build of ONNX Runtime. Four times what builds were seen to differ by.
 */
const SHARE = 2 ** -16;
/** The same behind a network of the user's own, which may be of any depth. */
const BACKBONE_SHARE = 2 ** -13;

/**
 * Which scores of a model of images count as equal. Without a map, scores that are smaller than normal ones lie apart have the
 * ties of that size: they may be differences, as those around zero are.
 * @param calibration scores of held-out normals
 */
export function imageTies(
  calibration: Float32Array,
  { map, backbone }: Pick<Scorer, "map" | "backbone">,
): Ties {
  const apart = iqr(calibration);
  return {
    share: backbone === undefined ? SHARE : BACKBONE_SHARE,
    size: map !== undefined ? MAP_TIES.size : Number.isFinite(apart) ? apart : 0,
  };
}

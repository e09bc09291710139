import type { FeatureMatrix } from "../../features/index.js";
import type { RandomStream } from "../../math/random.js";
import { float32 } from "../../runtime/index.js";
import type { Trainer } from "../../train/trainer.js";

/** More noise than this is not made: rows share it. */
const NOISE_BYTES = 16 * 2 ** 20;

/** Rows of the noise that a training program is given for an epoch; its rows use them in turn. */
export const noiseRows = ({ rows, columns }: Pick<FeatureMatrix, "rows" | "columns">): number =>
  Math.max(1, Math.min(rows, Math.floor(NOISE_BYTES / Float32Array.BYTES_PER_ELEMENT / columns)));

/** A trainer whose program finds new normal noise under the name "noise" in every epoch. */
export function freshNoise(
  trainer: Trainer,
  matrix: FeatureMatrix,
  streamOf: (epoch: number) => RandomStream,
): Pick<Trainer, "epochs"> {
  const shape = [noiseRows(matrix), matrix.columns] as const;
  return {
    async epochs(from, count) {
      let state = from;
      const losses: number[] = [];
      for (let k = 0; k < count; k++) {
        const noise = new Float32Array(shape[0] * shape[1]);
        streamOf(state.epoch).fillNormal(noise);
        await trainer.update({ noise: float32(shape, noise) });
        const epoch = await trainer.epochs(state, 1);
        state = epoch.state;
        losses.push(...epoch.losses);
      }
      return { state, losses };
    },
  };
}

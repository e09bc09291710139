/** Small images with and without a defect, and a small model that says where it is. */
import { z } from "zod";
import { type CommonOptions, calibrationOptions } from "../src/detectors/fit/common-options.js";
import { defineMapDetector } from "../src/detectors/maps/define-map-detector.js";
import type { MapOptions } from "../src/detectors/maps/map-calibration.js";
import { mapInputOptions, mapOptions } from "../src/detectors/maps/options.js";
import { abs, mean, reshape, sub } from "../src/graph/index.js";
import { type ImageSet, imagesFrom, type Model } from "../src/index.js";
import { createRandom } from "../src/math/random.js";

/** How far each pixel is from the middle of the range: nothing is learned, but by the calibration. */
export const PlainMap = defineMapDetector<CommonOptions & MapOptions, Partial<CommonOptions & MapOptions>>({
  name: "plain-map",
  title: "Distance from grey",
  options: z.strictObject({ ...mapInputOptions, ...mapOptions, ...calibrationOptions }) as never,
  train: async (_, { shape: [channels, height, width] }) => ({
    raw: (features) => {
      const planes = reshape(features, ["rows", channels, height, width]);
      return mean(abs(sub(planes, 0.5)), [1]);
    },
    training: {},
  }),
});

export interface Defect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const HEIGHT = 48;
export const WIDTH = 64;

export interface PartOptions {
  readonly height?: number;
  readonly width?: number;
  readonly channels?: 1 | 3;
  readonly defect?: Defect;
}

/** Grey with noise, a bright stripe, and a black rectangle where there is a defect: [height, width, channels]. */
export function partImage(
  name: string,
  { height = HEIGHT, width = WIDTH, channels = 3, defect }: PartOptions = {},
): { height: number; width: number; data: Uint8Array } {
  const stream = createRandom(0).stream(name);
  const data = new Uint8Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const inside =
      defect &&
      x >= defect.left &&
      x < defect.left + defect.width &&
      y >= defect.top &&
      y < defect.top + defect.height;
    for (let k = 0; k < channels; k++) {
      const ground = inside ? 0 : ((16 * y) / height) % 4 < 1 ? 180 : 110 + 10 * k;
      data[pixel * channels + k] = ground + stream.int(20);
    }
  }
  return { height, width, data };
}

export function partImages(count: number, options: PartOptions & { seed?: string } = {}): ImageSet {
  const { seed = "good", ...more } = options;
  return imagesFrom(
    Array.from({ length: count }, (_, k) => partImage(`${seed}${k}`, more)),
    { names: Array.from({ length: count }, (_, k) => `${seed}/${k}.png`) },
  );
}

/** Trained on images of which some are twice as large, so that it takes any size. */
export function plainModel(channels: 1 | 3 = 3): Promise<Model> {
  const images = Array.from({ length: 60 }, (_, k) => {
    const size = k < 3 ? { height: 2 * HEIGHT, width: 2 * WIDTH } : {};
    return partImage(`good${k}`, { channels, ...size });
  });
  return new PlainMap({ seed: 1, imageSize: WIDTH }).fit(imagesFrom(images));
}

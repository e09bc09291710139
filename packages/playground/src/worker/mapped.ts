/** Where an image is abnormal. */
import {
  type AnomalyMap,
  colourScale,
  HypersphereError,
  type Model,
  overlay,
  type Samples,
} from "hypersphere/web";
import type { Mapped } from "../protocol.js";
import { nameOf, pictureOf } from "./describe.js";

/** @param image samples of one image; @param threshold has the middle colour */
export async function mapped(
  model: Model,
  image: Samples,
  { threshold, signal }: { threshold: number; signal: AbortSignal },
): Promise<Mapped> {
  const { data } = image;
  if (data.kind !== "images") throw new HypersphereError("unfit-data", "Maps are of images.");
  let found: AnomalyMap | undefined;
  await model.score(image, {
    signal,
    onMap: (map) => {
      found = map;
    },
  });
  const pixels = await data.read(0);
  const drawn = overlay(pixels, found!, { scale: colourScale(threshold) });
  const name = nameOf(image, 0);
  return { plain: pictureOf(pixels, name), overlaid: pictureOf({ ...pixels, data: drawn }, name) };
}

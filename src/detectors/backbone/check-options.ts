/** What is refused before a network is read. */
import { type Dataset, type Samples, samplesOf } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { kindOf } from "../../features/index.js";
import type { FitOptions } from "../../model/contract.js";
import { type EncoderName, encoders } from "../../nn/encoders.js";
import type { CommonOptions } from "../fit/common-options.js";
import { backboneVectorSchema } from "./options.js";

/**
 * Refuses options that have no effect without a network.
 * @throws HypersphereError `invalid-option`
 */
export function requireBackboneOptions(options: object, backbone: FitOptions["backbone"]): void {
  if (backbone !== undefined) return;
  const [own, plain] = [backboneVectorSchema.parse(options), backboneVectorSchema.parse({})];
  const given = (Object.keys(own) as (keyof typeof own)[]).find(
    (name) => JSON.stringify(own[name]) !== JSON.stringify(plain[name]),
  );
  if (given === undefined) return;
  throw new HypersphereError(
    "invalid-option",
    `${given} is given, but there is no backbone that it could be of.`,
    { hint: 'Give the network too (option "backbone").' },
  );
}

/** Options of detectors of rows, as far as they can be at odds with vectors of images. */
interface VectorOptions extends CommonOptions {
  readonly encoder?: EncoderName | "auto";
  readonly synthesis?: string;
}

/**
 * For detectors that are given a network's vectors of images as if they were rows of a table.
 * @param options every option
 * @param given those that a person has set
 * @throws HypersphereError `invalid-option` for options of images, of pixels, or of several models in one; `unfit-data` for
 * data that are no images
 */
export function checkVectorOptions(
  { encoder = "auto", synthesis = "none", contrast, calibration }: VectorOptions,
  given: ReadonlySet<string>,
  data: Dataset | Samples,
  from: FitOptions["from"],
): void {
  const { data: rows } = samplesOf(data);
  const { axes, noun } = kindOf(rows);
  if (axes !== 3) {
    throw new HypersphereError(
      "unfit-data",
      `A backbone looks at images, but ${rows.source} holds ${noun.all}.`,
      { hint: "Leave the backbone out." },
    );
  }
  // Its options come along with it, so that what they are at odds with is no news.
  if (from !== undefined) {
    throw refused(
      "There are a starting model and a backbone, but training cannot go on from a model with other features",
      "Leave one of them out.",
    );
  }
  if (given.has("contrast") && contrast !== "none") {
    throw refused(
      `contrast is "${contrast}", but a backbone sees images as they are`,
      'Leave it out, or say "none".',
    );
  }
  if (encoder !== "auto" && encoders[encoder].input !== encoders.mlp.input) {
    throw refused(
      `encoder is "${encoder}", but a backbone turns an image into one row of numbers`,
      "Use mlp or auto, or leave the backbone out.",
    );
  }
  if (synthesis === "cut-paste" || synthesis === "confetti") {
    throw refused(
      `synthesis is "${synthesis}", which changes pixels, but a backbone turns an image into one row of numbers`,
      "Choose shifted-features or shuffled-columns, or give outliers.",
    );
  }
  if (calibration === "cross") {
    throw refused(
      'calibration is "cross", but the model would hold the backbone once for each fold',
      'Use calibration "split".',
    );
  }
}

const refused = (reason: string, hint: string): HypersphereError =>
  new HypersphereError("invalid-option", `${reason}.`, { hint });

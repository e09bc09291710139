import { HypersphereError } from "../../errors.js";
import type { InputSchema } from "../../features/index.js";
import { decodeModel } from "../../graph/index.js";
import { Model } from "../../model/index.js";
import { ParameterLayout, type ParameterSpec } from "../../nn/parameters.js";
import { networkOptions } from "../networks/options.js";
import type { DeepOptions } from "./options.js";

/** The networks of a model that training goes on from. */
export interface WarmStart {
  /** How the model turns data into features: its networks understand no other. */
  readonly schema: InputSchema;
  readonly members: number;
  /** Fingerprint of the rows that the model was trained from. */
  readonly fingerprint: string;
  /** A member's origin, parameters (those named, in their order) and centre. */
  member(parameters: readonly ParameterSpec[], member: number): StartingMember;
}

export interface StartingMember {
  readonly origin: Float32Array;
  readonly parameters: Float32Array;
  readonly center: Float32Array;
}

/** Options that say how a network is trained, not what it is. */
const FREE = new Set(["optimizer", "momentum", "batchSize", "initialization", "inputsPerUnit"]);
/** Options that a model and a fit that goes on from it must share. */
export const SHARED_OPTIONS: readonly string[] = [
  ...Object.keys(networkOptions).filter((name) => !FREE.has(name)),
  "scaling",
  "imageSize",
  "contrast",
];

/**
 * @param options of the detector that goes on
 * @param accepted names of the detectors whose models it can go on from
 * @throws HypersphereError `invalid-model` for bytes that are no model; `invalid-option` for one of another detector or
 * architecture
 */
export async function readWarmStart(
  bytes: Uint8Array,
  options: DeepOptions,
  accepted: readonly string[],
): Promise<WarmStart> {
  const { card } = await Model.fromBytes(bytes);
  if (!accepted.includes(card.detector)) {
    throw new HypersphereError(
      "invalid-option",
      `The starting model is of ${card.detector}; training can go on from one of ${accepted.join(" or ")}.`,
    );
  }
  if (card.backbone !== undefined) {
    throw new HypersphereError(
      "invalid-option",
      "The starting model takes its features from a backbone; training cannot go on from one of these.",
      { hint: "Train anew, with the backbone and without the starting model." },
    );
  }
  if (card.map !== undefined) {
    throw new HypersphereError(
      "invalid-option",
      "The starting model makes maps: its networks look at squares of images, and training cannot go on from them.",
      { hint: "Train the starting model without maps." },
    );
  }
  if (card.options["calibration"] === "cross") {
    throw new HypersphereError(
      "invalid-option",
      "The starting model has a detector for each of its folds; there is no one to go on from.",
      { hint: 'Train the starting model with calibration "split".' },
    );
  }
  const { length: members } = (card.training as unknown as { members: readonly unknown[] }).members;
  // Where their number is left open, there are as many as the model has.
  const wanted = { ...options, members: options.members ?? members };
  const made = { ...card.options, members };
  for (const name of SHARED_OPTIONS) {
    const [own, theirs] = [wanted, made]
      .map((each) => (each as Record<string, unknown>)[name])
      .map((value) => JSON.stringify(value));
    if (own === theirs) continue;
    throw new HypersphereError(
      "invalid-option",
      `${name} is ${own ?? "not set"}, but the starting model was trained with ${theirs ?? "none"}.`,
      { hint: "Its networks stay what they are: give the options that they were made with." },
    );
  }
  const decoded = decodeModel(bytes);
  const vector = (name: string): Float32Array => decoded.initializer(name).data as Float32Array;
  return {
    schema: card.schema,
    members,
    fingerprint: card.data.fingerprint,
    member(specs, k) {
      const layout = new ParameterLayout(specs);
      const parameters = new Float32Array(layout.size);
      for (const { spec, view } of layout.views(parameters)) view.set(vector(`member${k}.${spec.name}`));
      return { origin: vector(`member${k}.origin`), parameters, center: vector(`member${k}.center`) };
    },
  };
}

import { HypersphereError } from "../../errors.js";
import { type DecodedModel, type DecodedValue, formatShape, type Shape } from "../../graph/index.js";
import { shown } from "../../text/shown.js";

/** The input of a network that takes an image. */
export interface ImageInput {
  readonly name: string;
  /** Whether channels come before height and width, or after them. */
  readonly layout: "channels first" | "channels last";
  readonly channels: 1 | 3;
  /** Lengths that the file leaves open are undefined. */
  readonly height: number | undefined;
  readonly width: number | undefined;
}

/**
 * The one input of a network, an image.
 * @throws HypersphereError `invalid-model` for networks with none, several, or one of another form
 */
export function imageInput({ inputs, initializerNames }: DecodedModel): ImageInput {
  // Old files list their weights among the inputs.
  const weights = new Set(initializerNames);
  const fed = inputs.filter(({ name }) => !weights.has(name));
  const [first] = fed;
  if (first === undefined || fed.length > 1) {
    throw noImage(
      `The backbone has ${fed.length} inputs${fed.length > 0 ? ` (${fed.map(({ name }) => shown(name)).join(", ")})` : ""}, expected one: an image.`,
    );
  }
  if (first.dtype !== "float32") {
    throw noImage(
      `The backbone's input ${shown(first.name)} is of ${first.dtype ?? "another type, such as half precision"}, expected float32.`,
      "Export the network in single precision. ",
    );
  }
  const last = isChannels(first.shape[3]) && !isChannels(first.shape[1]);
  const [channels, height, width] = last
    ? [first.shape[3], first.shape[1], first.shape[2]]
    : first.shape.slice(1);
  if (first.shape.length !== 4 || (typeof channels === "number" && !isChannels(channels))) {
    throw noImage(
      `The backbone's input ${shown(first.name)} has the shape ${describe(first)}, expected an image of 1 or 3 channels.`,
    );
  }
  const known = (length: Shape[number] | undefined): number | undefined =>
    typeof length === "number" && length > 0 ? length : undefined;
  return {
    name: first.name,
    layout: last ? "channels last" : "channels first",
    channels: channels === 1 ? 1 : 3,
    height: known(height),
    width: known(width),
  };
}

const isChannels = (length: Shape[number] | undefined): boolean => length === 1 || length === 3;

const describe = ({ shape }: DecodedValue): string => formatShape(shape);

const noImage = (message: string, advice = ""): HypersphereError =>
  new HypersphereError("invalid-model", message, {
    hint: `${advice}A backbone is a network with one float32 input [rows, channels, height, width] or [rows, height, width, channels].`,
  });

import { z } from "zod";

export const CHANNEL_ORDERS = ["rgb", "bgr"] as const;

/** One number for all channels, or one for each of red, green and blue. */
const oneOrThree = [
  (values: readonly number[]) => values.length !== 2,
  "expected one number for all channels, or three",
] as const;

/** What a user's own network wants to see, and where it is cut. */
export const backboneOptions = {
  backboneTensors: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Names of the backbone's inner tensors that are its features; none: the last feature maps at an eighth and a sixteenth of the image's size, or the last of all",
    ),
  backboneMean: z
    .array(z.number().min(-1000).max(1000))
    .min(1)
    .max(3)
    .refine(...oneOrThree)
    .default([0.485, 0.456, 0.406])
    .describe("Mean of red, green and blue that is subtracted for the backbone, of pixels from 0 to 1"),
  backboneDeviation: z
    .array(z.number().gt(0).max(1000))
    .min(1)
    .max(3)
    .refine(...oneOrThree)
    .default([0.229, 0.224, 0.225])
    .describe("Deviation of red, green and blue that divides for the backbone, of pixels from 0 to 1"),
  backboneChannels: z
    .enum(CHANNEL_ORDERS)
    .default("rgb")
    .describe("Order of the channels that the backbone was trained with"),
  backboneLicense: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe("Licence of the backbone, as a note in the model's card"),
};

/** The same where an image becomes one vector. */
export const backboneVectorOptions = {
  ...backboneOptions,
  backboneTensors: backboneOptions.backboneTensors
    .unwrap()
    .default([])
    .describe(
      "Names of the backbone's inner tensors whose means over the image, or vectors, are its features; none: the last feature map",
    ),
};

export const backboneVectorSchema = z.object(backboneVectorOptions);

/** The same as a type. */
export interface BackboneOptions {
  readonly backboneTensors: readonly string[];
  readonly backboneMean: readonly number[];
  readonly backboneDeviation: readonly number[];
  readonly backboneChannels: (typeof CHANNEL_ORDERS)[number];
  readonly backboneLicense?: string | undefined;
}

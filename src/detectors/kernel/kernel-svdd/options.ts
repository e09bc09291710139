import { z } from "zod";
import { kernelOptions } from "../options.js";

/** Every option of kernel SVDD: types, ranges, defaults, flags of the command line and documentation. */
export const kernelSvddOptions = z.strictObject(kernelOptions);

export type KernelSvddOptions = z.infer<typeof kernelSvddOptions>;
export type KernelSvddInput = z.input<typeof kernelSvddOptions>;

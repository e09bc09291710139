import { z } from "zod";
import { kernelOptions } from "../options.js";

export type { KernelSvddInput, KernelSvddOptions } from "./option-types.js";

/** Every option of kernel SVDD: types, ranges, defaults, flags of the command line and documentation. */
export const kernelSvddOptions = z.strictObject(kernelOptions);

import { z } from "zod";
import { kernelOptions } from "../options.js";

/** Every option of the one-class SVM: types, ranges, defaults, flags of the command line and documentation. */
export const oneClassSvmOptions = z.strictObject(kernelOptions);

export type OneClassSvmOptions = z.infer<typeof oneClassSvmOptions>;
export type OneClassSvmInput = z.input<typeof oneClassSvmOptions>;

import { z } from "zod";
import { kernelOptions } from "../options.js";

export type { OneClassSvmInput, OneClassSvmOptions } from "./option-types.js";

/** Every option of the one-class SVM: types, ranges, defaults, flags of the command line and documentation. */
export const oneClassSvmOptions = z.strictObject(kernelOptions);

// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../../fit/common-options.js";
import type { SharedKernelOptions } from "../option-types.js";

/** Options of one-class-svm, defaults included. */
export interface OneClassSvmOptions extends SharedKernelOptions {}

/** Options of one-class-svm as they are given: all may be left out. */
export type OneClassSvmInput = Given<OneClassSvmOptions>;

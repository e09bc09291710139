// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

import type { Given } from "../../fit/common-options.js";
import type { SharedKernelOptions } from "../option-types.js";

/** Options of kernel-svdd, defaults included. */
export interface KernelSvddOptions extends SharedKernelOptions {}

/** Options of kernel-svdd as they are given: all may be left out. */
export type KernelSvddInput = Given<KernelSvddOptions>;

import type { DecodedModel } from "../../../src/graph/index.js";

export function spheresOf(
  decoded: Pick<DecodedModel, "initializer" | "initializerNames">,
  shape: { readonly members: number; readonly columns: number; readonly width: number },
): { readonly origin: number[]; readonly weight: number[] }[];

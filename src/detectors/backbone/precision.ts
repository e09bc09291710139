/** Which values of a network are computed in steps so coarse that processors give other values. */
import { HypersphereError } from "../../errors.js";
import type { ForeignNode } from "../../graph/index.js";

/** These round to whole steps. Weights that are stored so, and only unpacked, are no harm. */
const QUANTISED = new Set(["QuantizeLinear", "DynamicQuantizeLinear"]);

/**
 * Values that come from the image in 8 bits or in half precision, or from such values, and what makes them coarse.
 *
 * @param nodes in an order in which they run
 * @param image name of the input
 * @param typeOf element type of a value, "float16" among them
 */
export function coarseValues(
  nodes: readonly ForeignNode[],
  image: string,
  typeOf: (name: string) => string | undefined,
): ReadonlyMap<string, string> {
  // Weights do not come from the image: they are the same on every processor, in whatever form they are stored.
  const seen = new Set([image]);
  const coarse = new Map<string, string>();
  for (const { type, inputs, outputs } of nodes) {
    if (!inputs.some((name) => seen.has(name))) continue;
    const before = inputs.flatMap((name) => coarse.get(name) ?? [])[0];
    for (const name of outputs) {
      seen.add(name);
      const half = typeOf(name) === "float16" ? "computes in half precision" : undefined;
      const reason = before ?? (QUANTISED.has(type) ? `is quantised (${type})` : half);
      if (reason !== undefined) coarse.set(name, reason);
    }
  }
  return coarse;
}

/** @throws HypersphereError `invalid-model` where one of the values is coarse */
export function refuseCoarse(coarse: ReadonlyMap<string, string>, names: readonly string[]): void {
  const [reason] = names.flatMap((name) => coarse.get(name) ?? []);
  if (reason === undefined) return;
  throw new HypersphereError(
    "invalid-model",
    `The backbone ${reason}: where processors differ in the last digit, its values differ by a whole step, and scores with them.`,
    { hint: "Give the network in single precision, from before it was converted." },
  );
}

import { HypersphereError } from "../errors.js";
import type { ModelCard } from "./card.js";

/** @throws HypersphereError `invalid-option` for a model that says nothing of where */
export function requireMaps({ detector, map }: Pick<ModelCard, "detector" | "map">): void {
  if (map !== undefined) return;
  throw new HypersphereError(
    "invalid-option",
    `The model, of ${detector}, makes no maps: it scores each row as a whole.`,
    {
      hint: "Train a detector that says where images are abnormal, such as patch-gaussian.",
    },
  );
}

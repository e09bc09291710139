import type { StoredVersion } from "./model-store.js";

/** What is told of every version in lists. */
export interface CardFacts {
  readonly detector: string;
  readonly kind: "table" | "series" | "images";
  readonly threshold: number;
  readonly expectedFalseAlarmRate: number | null;
}

/** @param card as JSON text */
export function cardFacts(card: string): CardFacts {
  const { detector, schema, threshold } = JSON.parse(card);
  return {
    ...{ detector, kind: schema.kind, threshold: threshold.threshold },
    expectedFalseAlarmRate: threshold.expectedFalseAlarmRate ?? null,
  };
}

export const factsOfVersion = ({ facts }: Pick<StoredVersion, "facts">): CardFacts => JSON.parse(facts);

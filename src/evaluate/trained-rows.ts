/** Measured rows that the model was trained on: it knows them, so that its figures flatter. */
import type { Samples } from "../data/index.js";
import { findKnownRows, observations, requireKind } from "../features/index.js";
import { type Model, samplesFor } from "../model/index.js";

/** Fewer than this share may be copies by chance, and move no figure. */
const LEAST_SHARE = 0.001;

/** @param given of which rows with a label are measured */
export async function trainedNotes({ card }: Model, given: Samples): Promise<string[]> {
  const { known } = card.data;
  if (known === undefined) return [];
  const { data, labels } = observations(samplesFor(card, given));
  const kind = requireKind(data, card.schema);
  const digests = (await kind.digests(data, card.schema)).filter((_, row) => labels![row]! >= 0);
  const { count } = findKnownRows(known, digests);
  if (count < LEAST_SHARE * digests.length || count === 0) return [];
  const { many } = kind.noun;
  return [
    `${data.source}: the model was trained on about ${count} of these ${digests.length} ${many}. On new ones expect lower figures, and more false alarms.`,
  ];
}

export function randomFrom(seed: number): () => number;
export function mutate(
  bytes: Uint8Array,
  random: () => number,
): { readonly bytes: Uint8Array; readonly changed: readonly number[]; readonly kind: string };

/** Sizes of patches: 32 pixels, and 64. */
export const PATCH_SIZES = ["small", "large"] as const;
export type PatchSize = (typeof PATCH_SIZES)[number];

/** Something of each size of patches in use. */
export type BySize<T> = Readonly<Partial<Record<PatchSize, T>>>;

export const bySize = <T>(sizes: readonly PatchSize[], make: (size: PatchSize) => T): BySize<T> =>
  Object.fromEntries(sizes.map((size) => [size, make(size)]));

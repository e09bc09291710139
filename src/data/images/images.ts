/** One image: bytes as they lie in [height, width, channels]. */
export interface Image {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/**
 * Images as observations. They may differ in size; all have the same number of channels. Read one by one, so that a
 * folder need not fit into memory.
 */
export interface ImageSet {
  readonly kind: "images";
  readonly rowCount: number;
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: 1 | 3;
  /** Where the images came from, for messages. */
  readonly source: string;
  /** One per image, for lists and messages: a path below the folder, or undefined for arrays. */
  readonly names: readonly string[] | undefined;
  /** Nothing is said of how cells of images are read: they have none. */
  readonly reading?: undefined;
  /** @throws HypersphereError `unreadable-data` for an image that cannot be decoded */
  read(row: number): Promise<Image>;
}

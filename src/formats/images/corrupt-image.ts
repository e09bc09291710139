/** An image that cannot be decoded; `reason` is half a sentence, without the file's name. */
export class CorruptImage extends Error {
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = "CorruptImage";
    this.reason = reason;
  }
}

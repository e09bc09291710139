/** What the third byte says that values are. */
export const IDX_TYPES: ReadonlyMap<number, string> = new Map([
  [0x08, "bytes"],
  [0x09, "signed bytes"],
  [0x0b, "16-bit integers"],
  [0x0c, "32-bit integers"],
  [0x0d, "floats"],
  [0x0e, "doubles"],
]);

/** Whether a file that begins so is of the IDX format. */
export function isIdx(head: Uint8Array): boolean {
  const [first, second, type = 0, dimensions = 0] = head;
  return first === 0 && second === 0 && IDX_TYPES.has(type) && dimensions >= 1 && dimensions <= 4;
}

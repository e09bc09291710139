/** Bytes as text, for what stands in JSON and in the metadata of a model. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  // In pieces: a call takes so many arguments.
  for (let from = 0; from < bytes.length; from += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(from, from + 0x8000));
  }
  return btoa(binary);
}

/** @throws DOMException for what is not base64 */
export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let k = 0; k < binary.length; k++) bytes[k] = binary.charCodeAt(k);
  return bytes;
}

/** SHA-256 of the parts one after the other, each preceded by its length, in hexadecimal. */
export async function digestOf(parts: readonly Uint8Array[]): Promise<string> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length + 8, 0));
  let offset = 0;
  for (const part of parts) {
    new DataView(whole.buffer).setBigUint64(offset, BigInt(part.length));
    whole.set(part, offset + 8);
    offset += part.length + 8;
  }
  return sha256(whole);
}

/** SHA-256 of bytes as they are, in hexadecimal: what sha256sum says of a file. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

import { withMetadataEntry } from "../graph/index.js";
import { fromBase64, toBase64 } from "../math/base64.js";

/** Ed25519 signatures have 64 bytes, 88 characters of base64. */
const BYTES = 64;
const CHARACTERS = 88;
const KEY = "hypersphere.signature";
/** Signed in front of a file, so that a signature made for something else is none for a model. */
const CONTEXT = new TextEncoder().encode("hypersphere model, version 1\n");

export interface SignedFile {
  /** Everything but the signature. */
  readonly content: Uint8Array;
  /** Absent from files that end otherwise. */
  readonly signature: Uint8Array | undefined;
}

/**
 * A model file taken apart into a signature and what it is over. The signature is the last entry of the metadata, in the one
 * form that `withSignature` writes; so it covers every byte before it, and no byte of its own can change either.
 */
export function signedFile(file: Uint8Array): SignedFile {
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const unsigned = { content: bytes, signature: undefined };
  const end = bytes.length - entry(new Uint8Array(BYTES)).length;
  if (end < 0) return unsigned;
  const text = String.fromCharCode(...bytes.subarray(bytes.length - CHARACTERS));
  let signature: Uint8Array;
  try {
    signature = fromBase64(text);
  } catch {
    return unsigned;
  }
  if (signature.length !== BYTES) return unsigned;
  const written = entry(signature);
  const tail = bytes.subarray(end);
  if (!written.every((byte, k) => byte === tail[k])) return unsigned;
  return { content: bytes.subarray(0, end), signature };
}

/** What a signature is made of and checked against. */
export function signedMessage(content: Uint8Array): Uint8Array {
  const message = new Uint8Array(CONTEXT.length + content.length);
  message.set(CONTEXT);
  message.set(content, CONTEXT.length);
  return message;
}

/** The same file with a signature, of 64 bytes, over all of its content. */
export function withSignature(content: Uint8Array, signature: Uint8Array): Uint8Array {
  const tail = entry(signature);
  const file = new Uint8Array(content.length + tail.length);
  file.set(content);
  file.set(tail, content.length);
  return file;
}

const entry = (signature: Uint8Array): Uint8Array =>
  withMetadataEntry(new Uint8Array(0), KEY, toBase64(signature));

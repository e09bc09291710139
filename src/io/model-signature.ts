import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { readFile } from "node:fs/promises";
import { HypersphereError } from "../errors.js";
import { signedFile, signedMessage, withSignature } from "../model/index.js";
import { shown } from "../text/shown.js";
import { readError } from "./fs-errors.js";

/** A key as a file's path, as PEM text, or as `node:crypto` has it. */
export type Key = string | KeyObject;

/**
 * The same model file with an Ed25519 signature over every other byte of it; an earlier signature is replaced.
 * @param key the private key
 * @throws HypersphereError `invalid-option` for anything but an Ed25519 private key, `io` where it cannot be read
 */
export async function signModel(file: Uint8Array, key: Key): Promise<Uint8Array> {
  const { content } = signedFile(file);
  const secret = await keyOf(key, "private", createPrivateKey);
  return withSignature(content, sign(null, signedMessage(content), secret));
}

/**
 * Whether a model file was signed by the holder of a key, and is as it was then.
 * @param key the public key
 * @throws HypersphereError `invalid-model` where it was not or is not; `invalid-option` and `io` as `signModel`
 */
export async function verifyModel(file: Uint8Array, key: Key): Promise<void> {
  const open = await keyOf(key, "public", createPublicKey);
  const { content, signature } = signedFile(file);
  if (signature === undefined) {
    throw new HypersphereError("invalid-model", "The model is not signed, or its signature was damaged.", {
      hint: "Get the signed file from whoever made it; if it is your own, sign it with `hypersphere sign`.",
    });
  }
  if (!verify(null, signedMessage(content), open, signature)) {
    throw new HypersphereError(
      "invalid-model",
      "The model's signature does not fit: the file was changed after it was signed, or signed with another key.",
      { hint: "Do not use it before you know which of the two it is." },
    );
  }
}

async function keyOf(
  key: Key,
  kind: "private" | "public",
  create: (pem: string) => KeyObject,
): Promise<KeyObject> {
  const given = typeof key === "string" ? await parsed(key, kind, create) : key;
  if (given.type !== kind || given.asymmetricKeyType !== "ed25519") {
    const is = `${given.type}${given.asymmetricKeyType === undefined ? "" : `, ${given.asymmetricKeyType}`}`;
    throw wrongKey(kind, `it is another one (${is})`);
  }
  return given;
}

async function parsed(
  text: string,
  kind: "private" | "public",
  create: (pem: string) => KeyObject,
): Promise<KeyObject> {
  const isPem = text.trimStart().startsWith("-----BEGIN");
  let pem = text;
  if (!isPem) {
    try {
      pem = await readFile(text, "utf8");
    } catch (cause) {
      throw await readError(cause, text);
    }
  }
  // The public half could be had from it: who verifies should not hold what signs.
  if (kind === "public" && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw wrongKey(
      kind,
      `${isPem ? "the text" : shown(text)} holds a private one, which only whoever signs should have`,
    );
  }
  try {
    return create(pem);
  } catch (cause) {
    throw wrongKey(kind, `${isPem ? "the text" : shown(text)} holds no such key in PEM form`, cause);
  }
}

function wrongKey(kind: string, what: string, cause?: unknown): HypersphereError {
  return new HypersphereError("invalid-option", `The key should be a ${kind} Ed25519 key; ${what}.`, {
    cause,
    hint: "`openssl genpkey -algorithm ed25519 -out key.pem` makes one, `openssl pkey -in key.pem -pubout -out pub.pem` its public half.",
  });
}

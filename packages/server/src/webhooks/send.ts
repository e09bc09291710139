import { createHmac } from "node:crypto";
import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { checkedUrl, publicLookup } from "./public-address.js";

export interface Sending {
  readonly url: string;
  readonly secret: string;
  /** Of the delivery: the same for each attempt. */
  readonly key: string;
  readonly payload: string;
}

const MOST_ANSWER_BYTES = 4096;

/**
 * The signature of Standard Webhooks, version 1: receivers check it with any library for that, or with a line of their own.
 * @param seconds since 1970, which receivers compare with their clock
 */
export function signatureOf({ secret, key, payload }: Omit<Sending, "url">, seconds: number): string {
  const bytes = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", bytes).update(`${key}.${seconds}.${payload}`).digest("base64")}`;
}

/**
 * Sends a delivery once.
 * @returns what went wrong, in a sentence; undefined where the receiver has taken it
 */
export async function send(
  sending: Sending,
  bounds: { toPrivate: boolean; seconds: number; lookup?: LookupFunction },
): Promise<string | undefined> {
  const { seconds } = bounds;
  try {
    const status = await post(sending, bounds);
    return status >= 200 && status < 300
      ? undefined
      : `The receiver answered ${status}${status >= 300 && status < 400 ? ", which is not followed" : ""}.`;
  } catch (error) {
    const late = (error as Error).name === "TimeoutError" || (error as Error).name === "AbortError";
    return late ? `There was no answer within ${seconds} s.` : (error as Error).message.slice(0, 500);
  }
}

async function post(
  sending: Sending,
  { toPrivate, seconds, lookup = publicLookup }: Parameters<typeof send>[1],
): Promise<number> {
  const url = checkedUrl(sending.url, toPrivate);
  const now = Math.floor(Date.now() / 1000);
  const body = Buffer.from(sending.payload);
  const signal = AbortSignal.timeout(seconds * 1000);
  return new Promise((resolve, reject) => {
    const start = url.protocol === "https:" ? secureRequest : plainRequest;
    const request = start(url, {
      ...{ method: "POST", signal, agent: false },
      ...(!toPrivate && { lookup }),
      headers: {
        "Content-Type": "application/json",
        "Content-Length": body.length,
        "User-Agent": "hypersphere",
        "Webhook-Id": sending.key,
        "Webhook-Timestamp": String(now),
        "Webhook-Signature": signatureOf(sending, now),
      },
    });
    request.once("error", reject);
    request.once("response", (response) => {
      // An answer counts once it is complete, or long enough: a receiver cannot keep the service reading.
      let size = 0;
      const settle = (): void => {
        resolve(response.statusCode!);
        response.destroy();
      };
      response.on("data", (piece: Buffer) => {
        size += piece.length;
        if (size > MOST_ANSWER_BYTES) settle();
      });
      response.once("end", settle);
      response.once("error", reject);
    });
    request.end(body);
  });
}

import { createHash } from "node:crypto";
import { HypersphereError } from "hypersphere";
import { urlsOf, withoutPath } from "./hosts.js";
import { credential } from "./tls.js";

/** A subject of a NATS server, or of a cluster of them. */
export interface Place {
  /** Of the servers, with who asks; equal for the same ones. */
  readonly server: string;
  readonly subject: string;
  /** The stream that holds the subject, where the address names it. */
  readonly stream: string | undefined;
}

/**
 * @param flag whose address it is
 * @throws HypersphereError `invalid-option`
 */
export function placeOf(text: string, flag: string): Place {
  const [url] = urlsOf(text);
  const subject = decodeURIComponent(url?.pathname.slice(1) ?? "");
  if (url === undefined || !/^(nats|tls):$/.test(url.protocol) || !isSubject(subject)) {
    throw new HypersphereError("invalid-option", `${flag} is not the address of a subject of NATS.`, {
      hint: "Write nats://host/subject, such as nats://host/sensors.*, or nats://one,two/subject; tls:// for TLS.",
    });
  }
  for (const text of [url.username, url.password]) credential(text, flag);
  const stream = url.searchParams.get("stream") ?? undefined;
  url.searchParams.delete("stream");
  return { server: withoutPath(text, url.search), subject, stream };
}

/** The address of another subject of the same server. */
export function besides(text: string, ending: string): string {
  const [path, query] = text.split("?") as [string, string | undefined];
  const others = new URLSearchParams(query);
  others.delete("stream");
  return `${path}${ending}${others.size > 0 ? `?${others}` : ""}`;
}

const isSubject = (subject: string): boolean =>
  subject
    .split(".")
    .every(
      (token, k, { length }) =>
        token === "*" || (token === ">" && k === length - 1) || /^[^\s.*>]+$/.test(token),
    );

export const hasWildcard = (subject: string): boolean => /(^|\.)[*>](\.|$)/.test(subject);

/** Whether all that goes to a subject, which may have wildcards, is in what the pattern stands for. */
export function covers(pattern: string, subject: string): boolean {
  const [wanted, given] = [pattern.split("."), subject.split(".")];
  for (const [k, token] of wanted.entries()) {
    if (token === ">") return given.length > k;
    if (given[k] !== token && (token !== "*" || given[k] === undefined || given[k] === ">")) return false;
  }
  return wanted.length === given.length;
}

/** A name that streams may have. */
export const nameOf = (text: string): string => text.replaceAll(/[^\w-]/g, "_");

/** What belongs to a group's reading of a stream: readable as far as names allow, and its own. */
export function bucketOf(stream: string, subject: string, group: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([stream, subject, group]))
    .digest("hex");
  return `hypersphere_${nameOf(stream)}_${nameOf(group)}_${digest.slice(0, 8)}`;
}

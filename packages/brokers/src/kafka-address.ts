import { HypersphereError } from "hypersphere";
import type { KafkaConfig } from "kafkajs";
import { urlsOf, withoutPath } from "./hosts.js";
import { credential, tlsOptions } from "./tls.js";

/** A topic of a cluster. */
export interface Place {
  /** Brokers of the cluster, with who asks; equal for the same cluster. */
  readonly server: string;
  readonly topic: string;
}

const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;

/**
 * @param flag whose address it is
 * @throws HypersphereError `invalid-option`
 */
export function placeOf(text: string, flag: string): Place {
  const urls = urlsOf(text);
  const [url] = urls;
  const topic = decodeURIComponent(url?.pathname.slice(1) ?? "");
  if (url === undefined || !/^kafkas?:$/.test(url.protocol) || !/^[\w.-]{1,249}$/.test(topic)) {
    throw new HypersphereError("invalid-option", `${flag} is not the address of a topic of Kafka.`, {
      hint: "Write kafka://host:9092/topic or kafka://one:9092,two:9092/topic, kafkas:// for TLS. Topics have letters, digits, dots, _ and -.",
    });
  }
  for (const part of [url.username, url.password]) credential(part, flag);
  return { server: withoutPath(text, url.search), topic };
}

/** The address of another topic of the same cluster. */
export function besides(text: string, ending: string): string {
  const [path, query] = text.split("?") as [string, string | undefined];
  return `${path}${ending}${query === undefined ? "" : `?${query}`}`;
}

/** @throws HypersphereError `invalid-option`, also for a file of an authority that is none */
export function connectionOf(server: string, tlsCa: string | undefined): KafkaConfig {
  const urls = urlsOf(server);
  const url = urls[0]!;
  const tls = tlsOptions(url.protocol === "kafkas:", tlsCa);
  const [username, password] = [url.username, url.password].map((text) => credential(text, "--from")) as [
    string,
    string,
  ];
  const asked = url.searchParams.get("sasl") ?? "plain";
  const mechanism = MECHANISMS.find((name) => name === asked);
  if (mechanism === undefined) {
    throw new HypersphereError("invalid-option", `?sasl= of --from is "${asked}".`, {
      hint: `Write one of ${MECHANISMS.join(", ")}.`,
    });
  }
  return {
    brokers: urls.map(({ hostname, port }) => `${hostname || "127.0.0.1"}:${port || 9092}`),
    ...(tls && { ssl: tls.ca === undefined ? true : { ca: tls.ca } }),
    ...(username !== "" && { sasl: { mechanism, username, password } as KafkaConfig["sasl"] & object }),
  };
}

import { HypersphereError } from "hypersphere";
import type { MqttServer } from "./mqtt-connection.js";
import { credential } from "./tls.js";

interface Place {
  readonly server: Omit<MqttServer, "tls">;
  readonly isTls: boolean;
  /** Servers of one name are one. */
  readonly name: string;
  readonly topic: string;
}

/**
 * mqtt://[user:password@]host[:port]/topic, or mqtts:// for TLS. What follows the host's slash is the topic, "#" and "?" included.
 *
 * @throws HypersphereError `invalid-option`
 */
export function mqttPlace(address: string, flag: string): Place {
  const [, server = "", topic = ""] = /^(mqtts?:\/\/[^/]+)\/(.+)$/s.exec(address) ?? [];
  if (!URL.canParse(server) || !isEncoded(topic)) {
    throw new HypersphereError("invalid-option", `${flag} is not the address of a topic of MQTT.`, {
      hint: "Write mqtt://host/plant/alarms, mqtts:// for TLS.",
    });
  }
  const { protocol, hostname, port, username, password } = new URL(server);
  const isTls = protocol === "mqtts:";
  const text = (part: string): string | undefined => (part === "" ? undefined : credential(part, flag));
  return {
    isTls,
    server: {
      ...{ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (isTls ? 8883 : 1883)) },
      ...{ username: text(username), password: text(password) },
    },
    name: server,
    topic: decodeURIComponent(topic),
  };
}

function isEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== "";
  } catch {
    return false;
  }
}

/** Whether messages of a topic come to whoever subscribed to a filter: "+" is one level, "#" at its end all that follow. */
export function fitsFilter(filter: string, topic: string): boolean {
  const [wanted, levels] = [filter.split("/"), topic.split("/")];
  for (const [k, want] of wanted.entries()) {
    if (want === "#") return true;
    if (levels[k] === undefined || (want !== "+" && want !== levels[k])) return false;
  }
  return wanted.length === levels.length;
}

/**
 * Refuses to write to where one cannot, to another server, and to where the results would be read again.
 * @throws HypersphereError `invalid-option`
 */
export function requireTopics(from: Place, written: Readonly<Record<string, Place>>): void {
  for (const [flag, { name, topic }] of Object.entries(written)) {
    if (/[+#\0]/.test(topic)) {
      throw new HypersphereError(
        "invalid-option",
        `${flag} is "${topic}", a filter: one writes to a topic.`,
        {
          hint: "Write it without + and #.",
        },
      );
    }
    if (name !== from.name) {
      throw new HypersphereError("invalid-option", `${flag} is on another server than --from.`, {
        hint: "A worker has one session, with one broker. Let the brokers pass messages on (a bridge).",
      });
    }
    if (fitsFilter(from.topic, topic)) {
      throw new HypersphereError(
        "invalid-option",
        `${flag} is "${topic}", which --from "${from.topic}" would read again.`,
        {
          hint: "Write to a topic that the filter leaves out.",
        },
      );
    }
  }
}

/** @throws HypersphereError `invalid-option` for what no broker subscribes to, or that tears series apart */
export function requireFilter(filter: string, flag: string): void {
  if (filter.startsWith("$share/")) {
    throw new HypersphereError("invalid-option", `${flag} is a shared subscription.`, {
      hint: "It hands steps of one series to several workers, out of order. Share by --share 1/2 and --share 2/2.",
    });
  }
  const levels = filter.split("/");
  const isFilter = levels.every(
    (level, k) => !/[+#\0]/.test(level) || level === "+" || (level === "#" && k === levels.length - 1),
  );
  if (isFilter) return;
  throw new HypersphereError("invalid-option", `${flag} is "${filter}", which is no filter of MQTT.`, {
    hint: "+ stands for a whole level, and # for all levels at the end: plant/+/sensors, plant/#.",
  });
}

/** What can be said of a message by its topic: its levels from 1, for --entity-field. */
export const topicFields = (topic: string): Readonly<Record<string, string>> => ({
  topic,
  ...Object.fromEntries(topic.split("/").map((level, k) => [`topic:${k + 1}`, level])),
});

/** "2/3" as [2, 3]. @throws HypersphereError `invalid-option` */
export function shareOf(text: string): readonly [share: number, of: number] {
  const [, share, of] = /^(\d{1,4})\/(\d{1,4})$/.exec(text)?.map(Number) ?? [];
  if (share !== undefined && of !== undefined && share >= 1 && share <= of) return [share, of];
  throw new HypersphereError(
    "invalid-option",
    `--share is "${text}", expected the share and the number of them.`,
    {
      hint: "Of three workers, write --share 1/3, --share 2/3 and --share 3/3.",
    },
  );
}

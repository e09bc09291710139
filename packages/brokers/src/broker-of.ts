import { HypersphereError } from "hypersphere";
import type { Broker, BrokerOptions } from "./broker.js";
import { KafkaBroker } from "./kafka.js";
import { MqttBroker } from "./mqtt.js";
import { NatsBroker } from "./nats.js";
import { RedisBroker } from "./redis.js";

interface Kind {
  /** Of the addresses that it takes. */
  readonly protocols: readonly string[];
  /** How an address looks, for whoever gave none. */
  readonly address: string;
  /** Options that others have no use for. */
  readonly own?: readonly ("stateFolder" | "share")[];
  /** @throws HypersphereError `invalid-option` */
  readonly open: (options: BrokerOptions) => Broker;
}

const KINDS: readonly Kind[] = [
  {
    protocols: ["redis:", "rediss:"],
    address: "redis://host/stream",
    open: (options) => new RedisBroker(options),
  },
  {
    protocols: ["mqtt:", "mqtts:"],
    address: "mqtt://host/topic",
    own: ["stateFolder", "share"],
    open: (options) => new MqttBroker(options),
  },
  {
    protocols: ["kafka:", "kafkas:"],
    address: "kafka://host/topic",
    open: (options) => new KafkaBroker(options),
  },
  {
    protocols: ["nats:", "tls:"],
    address: "nats://host/subject",
    open: (options) => new NatsBroker(options),
  },
];

/**
 * The broker that --from is an address of. It connects to nothing yet.
 *
 * @throws HypersphereError `invalid-option` for an address that no broker has, and for what the broker refuses
 */
export function brokerOf(options: BrokerOptions): Broker {
  // Of several hosts an address is no URL.
  const protocol = /^[a-z]+:/i.exec(options.from)?.[0].toLowerCase() ?? "";
  const kind = KINDS.find(({ protocols }) => protocols.includes(protocol));
  if (kind !== undefined) {
    for (const [name, flag] of [
      ["stateFolder", "--state-folder"],
      ["share", "--share"],
    ] as const) {
      if (options[name] === undefined || kind.own?.includes(name)) continue;
      throw new HypersphereError("invalid-option", `${flag} is for other brokers than that of --from.`, {
        hint: "This one keeps states and deals out partitions by itself: leave it out.",
      });
    }
    return kind.open(options);
  }
  throw new HypersphereError("invalid-option", "--from is not the address of a broker.", {
    hint: `Write ${KINDS.map(({ address }) => address).join(", or ")}.`,
  });
}

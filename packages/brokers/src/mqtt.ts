import { createHash } from "node:crypto";
import { HypersphereError } from "hypersphere";
import type { IConnackPacket, IPublishPacket, Packet } from "mqtt-packet";
import { type Broker, BrokerAway, type BrokerOptions, type Message, type Part, textBody } from "./broker.js";
import { MqttConnection, type MqttServer } from "./mqtt-connection.js";
import { MqttExchange } from "./mqtt-exchange.js";
import { type Answered, MqttFolder, type Outgoing } from "./mqtt-folder.js";
import { mqttPlace, requireFilter, requireTopics, shareOf, topicFields } from "./mqtt-topics.js";
import { partitionOf } from "./partition.js";
import { tlsOptions } from "./tls.js";

/** A message that waits for its answer. */
interface Waiting {
  readonly number: number;
  readonly message: Message;
  /** How it is acknowledged; of quality 0, and of a session that the broker has forgotten, not at all. */
  packet: Answered | undefined;
}

/** How long a read waits for messages, in milliseconds. */
const BLOCK = 100;
/** Messages that the broker may send ahead: two batches. */
const AHEAD = 1000;
/** Messages of quality 0, which no broker holds back, that may wait for their answers. */
const LOSABLE = 10_000;
/** Milliseconds after which a connection was not a short one. */
const SHORT = 3000;
/** A week: for so long the broker keeps what came while a worker is away. */
const EXPIRY = 7 * 24 * 3600;
/**
 * MQTT 5. It has no log to read again and nothing that keeps states, so both are in a folder of this worker: a message is acknowledged once its
 * answer is written there, and answers are published with quality of service 2 and the packet numbers that are written with them.
 * Addresses: mqtt://[user:password@]host[:port]/topic, or mqtts:// for TLS; of `from`, a filter.
 */
export class MqttBroker implements Broker {
  readonly partitions: number;
  readonly #options: BrokerOptions;
  readonly #server: MqttServer;
  readonly #filter: string;
  readonly #results: string;
  readonly #dead: string;
  readonly #path: string;
  readonly #share: string;
  readonly #held: readonly number[];
  #folder: MqttFolder | undefined;
  #connection: MqttConnection | undefined;
  /** Why the connection is of no use any more. */
  #ended: Error | undefined;
  #waiting: Waiting[] = [];
  #last = 0;
  #loses = false;
  #wasOpen = false;
  #openedAt = 0;
  /** Connections in a row that were short. */
  #short = 0;
  #exchange: MqttExchange | undefined;
  #wake: () => void = () => {};

  /** @throws HypersphereError `invalid-option` */
  constructor(options: BrokerOptions) {
    this.#options = options;
    this.partitions = options.partitions;
    const from = mqttPlace(options.from, "--from");
    const to = mqttPlace(options.to, "--to");
    const dead = mqttPlace(options.deadLetters ?? `${options.to}/dead`, "--dead-letters");
    this.#server = { ...from.server, tls: tlsOptions(from.isTls, options.tlsCa) };
    [this.#filter, this.#results, this.#dead] = [from.topic, to.topic, dead.topic];
    requireFilter(this.#filter, "--from");
    requireTopics(from, { "--to": to, "--dead-letters": dead });
    if (options.stateFolder === undefined) {
      throw new HypersphereError("invalid-option", "--from over MQTT needs --state-folder.", {
        hint: "MQTT keeps no states of series: name a folder on this machine, one for each worker.",
      });
    }
    this.#path = options.stateFolder;
    this.#share = options.share ?? "1/1";
    const [share, of] = shareOf(this.#share);
    this.#held = Array.from({ length: this.partitions }, (_, k) => k).filter((k) => k % of === share - 1);
    if (this.#held.length > 0) return;
    throw new HypersphereError(
      "invalid-option",
      `--share ${this.#share} has none of ${this.partitions} partitions.`,
      {
        hint: "Give all workers of the group more --partitions.",
      },
    );
  }

  async open(): Promise<void> {
    this.#connection?.end();
    const { group } = this.#options;
    const name = createHash("sha1").update(this.#filter).digest("hex").slice(0, 8);
    this.#folder ??= await MqttFolder.open(this.#path, {
      ...{ from: this.#filter, group, share: this.#share, partitions: this.partitions },
    });
    const [connection, welcome] = await MqttConnection.open(this.#server, {
      clientId: `hypersphere-${group}-${name}-${this.#share.replace("/", "of")}`,
      ...{ expiry: EXPIRY, receiveMaximum: AHEAD },
    });
    this.#connection = connection;
    this.#ended = undefined;
    this.#openedAt = performance.now();
    connection.onEnd = (reason) => this.#end(reason);
    const goesOn = welcome.sessionPresent;
    this.#begin(welcome);
    const exchange = new MqttExchange(connection, this.#folder, welcome.properties?.receiveMaximum ?? AHEAD);
    this.#exchange = exchange;
    connection.listen((packets) => this.#take(packets));
    if (goesOn && this.#folder.isNew && !this.#wasOpen) {
      this.#options.warn?.("the session is older than the folder: messages may be answered twice");
      // Ends what another folder's results have begun, whose numbers these would have.
      await exchange.release(0, AHEAD);
    }
    this.#wasOpen = true;
    await exchange.publish(goesOn ? "again" : "anew");
    await exchange.subscribe(this.#filter);
  }

  async lease(): Promise<ReadonlyMap<number, string>> {
    return new Map(this.#held.map((partition) => [partition, this.#id(this.#folder!.place)]));
  }

  async read(after: string, count: number): Promise<readonly Message[]> {
    this.#requireConnection();
    // Those before it are answered, or another worker's.
    this.#acknowledge(numberOf(after));
    if (this.#waiting.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, BLOCK);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#requireConnection();
    }
    return this.#waiting.slice(0, count).map(({ message }) => message);
  }

  async states(_: number, names: readonly string[]): Promise<readonly (string | undefined)[]> {
    return names.map((name) => this.#folder!.state(name));
  }

  async allStates(partition: number): Promise<readonly string[]> {
    return this.#folder!.statesOf((name) => partitionOf(name, this.partitions) === partition);
  }

  async commit(parts: readonly Part[]): Promise<readonly boolean[]> {
    this.#requireConnection();
    const place = Math.max(this.#folder!.place, ...parts.map(({ to }) => numberOf(to)));
    await this.#folder!.keep({
      place,
      answered: this.#until(place).flatMap(({ packet }) => (packet === undefined ? [] : [packet])),
      states: parts.flatMap(({ states }) => [...states]),
      outgoing: parts.flatMap(({ results, deadLetters }): Outgoing[] => [
        ...results.map((line): Outgoing => [this.#results, line]),
        ...deadLetters.map((line): Outgoing => [this.#dead, line]),
      ]),
    });
    this.#acknowledge(place);
    await this.#exchange!.publish("first");
    return parts.map(() => true);
  }

  compare(a: string, b: string): number {
    return numberOf(a) - numberOf(b);
  }

  async close(): Promise<void> {
    this.#connection?.end(true);
    this.#folder?.close();
    this.#folder = undefined;
  }

  #begin({ sessionPresent, properties }: IConnackPacket): void {
    if ((properties?.maximumQoS ?? 2) < 2) {
      throw new HypersphereError("io", "The broker has no quality of service 2.", {
        hint: "Without it, results would come twice after a crash. Use a broker that has it, such as Mosquitto.",
      });
    }
    const granted = properties?.sessionExpiryInterval ?? EXPIRY;
    if (granted < EXPIRY) this.#options.warn?.(`the broker keeps sessions for ${granted} s only`);
    if (sessionPresent) {
      // What is not acknowledged comes again.
      this.#waiting = [];
      return;
    }
    if (this.#folder!.place > 0)
      this.#options.warn?.("the broker has forgotten the session: what it had for this worker is lost");
    for (const one of this.#waiting) one.packet = undefined;
  }

  #take(packets: readonly Packet[]): void {
    try {
      const replies: Packet[] = [];
      const released: number[] = [];
      for (const packet of packets) {
        if (packet.cmd === "publish") this.#receive(packet, replies);
        else if (packet.cmd === "pubrel") released.push(packet.messageId!);
        else this.#exchange!.hear(packet);
      }
      // Before the broker hears that it may use their numbers again.
      this.#folder!.release(released);
      replies.push(...released.map((messageId): Packet => ({ cmd: "pubcomp", messageId })));
      if (replies.length > 0) this.#connection!.send(...replies);
      this.#wake();
    } catch (error) {
      this.#end(error as Error);
    }
  }

  #receive({ topic, payload, qos, messageId, dup }: IPublishPacket, replies: Packet[]): void {
    const digest = createHash("sha1").update(topic).update("\0").update(payload).digest("base64");
    const packet: Answered | undefined = qos === 0 ? undefined : [messageId!, qos, digest];
    if (packet !== undefined && this.#folder!.knows(packet, dup)) {
      replies.push(acknowledgement(packet));
      return;
    }
    if (qos === 0 && this.#waiting.length >= LOSABLE) {
      if (!this.#loses)
        this.#options.warn?.("messages of quality 0 come faster than they are answered: some are lost");
      this.#loses = true;
      return;
    }
    this.#last = Math.max(this.#last, this.#folder!.place) + 1;
    // Another worker has another number for it, and has to know whose it is.
    const message = {
      id: this.#id(this.#last),
      key: digest,
      ...textBody(Buffer.from(payload)),
      fields: topicFields(topic),
    };
    this.#waiting.push({ number: this.#last, message, packet });
  }

  #acknowledge(to: number): void {
    const done = this.#until(to);
    if (done.length === 0) return;
    this.#waiting = this.#waiting.slice(done.length);
    const replies = done.flatMap(({ packet }) => (packet === undefined ? [] : [acknowledgement(packet)]));
    if (replies.length > 0) this.#connection!.send(...replies);
  }

  #until(number: number): readonly Waiting[] {
    const end = this.#waiting.findIndex((one) => one.number > number);
    return end < 0 ? this.#waiting : this.#waiting.slice(0, end);
  }

  #end(reason: Error): void {
    if (this.#ended === undefined && reason instanceof BrokerAway) this.#suspect();
    this.#ended ??= reason;
    this.#connection?.end();
    this.#exchange?.end(this.#ended);
    this.#wake();
  }

  /** Not every broker says that another client has taken a session over, and the two would do so in turn. */
  #suspect(): void {
    this.#short = performance.now() - this.#openedAt < SHORT ? this.#short + 1 : 0;
    if (this.#short < 3) return;
    this.#short = 0;
    this.#options.warn?.(
      "connections end soon after they begin: another worker may have this --group and --share",
    );
  }

  #requireConnection(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  #id(number: number): string {
    return `${this.#folder!.key}-${number}`;
  }
}

const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf("-") + 1));

const acknowledgement = ([messageId, qos]: Answered): Packet => ({
  ...{ cmd: qos === 1 ? "puback" : "pubrec", messageId },
});

import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { HypersphereError } from "hypersphere";
import { generate, type IConnackPacket, type IDisconnectPacket, type Packet, parser } from "mqtt-packet";
import { BrokerAway } from "./broker.js";
import { distrusted, type TlsOptions } from "./tls.js";

export interface MqttServer {
  /** Undefined without TLS. */
  readonly tls: TlsOptions | undefined;
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** How a session is asked for. */
export interface MqttSession {
  readonly clientId: string;
  /** Seconds that the broker keeps the session for a client that is away. */
  readonly expiry: number;
  /** Messages that the broker may send before the first of them is acknowledged. */
  readonly receiveMaximum: number;
}

/** Milliseconds without a word after which a broker is taken for away, and from one ping to the next. */
const [TIMEOUT, PING] = [10_000, 4000];
const CODEC = { protocolVersion: 5 } as const;
/** Another client has taken the session over. */
const TAKEN_OVER = 0x8e;
/** Answers to CONNECT that pass by themselves: the broker is busy or down, or counts connections. */
const PASSING = new Set([0x88, 0x89, 0x97, 0x9f]);

/**
 * One connection of MQTT 5, packet by packet. Clients of others acknowledge a message before they hand out the next; here whoever
 * owns the connection acknowledges, in its own time and many at once.
 */
export class MqttConnection {
  readonly #socket: Socket;
  readonly #ping: NodeJS.Timeout;
  #heardAt = performance.now();
  #ended: Error | undefined;
  #connack: IConnackPacket | undefined;
  #onConnack: (packet: IConnackPacket) => void = () => {};
  /** Packets that nobody has heard yet. */
  #early: Packet[] = [];
  #onPackets: ((packets: readonly Packet[]) => void) | undefined;
  onEnd: (reason: Error) => void = () => {};

  /**
   * @throws BrokerAway where it cannot be reached
   * @throws HypersphereError `io` where it refuses
   */
  static async open(server: MqttServer, session: MqttSession): Promise<[MqttConnection, IConnackPacket]> {
    const { host, port, username, password } = server;
    // A number is no name that one could ask for.
    const named = isIP(host) === 0 ? { servername: host } : {};
    const socket = server.tls
      ? connectTls({ ...server.tls, ...named, host, port })
      : connectPlain({ host, port });
    socket.setNoDelay(true);
    const connection = new MqttConnection(socket);
    const answer = new Promise<IConnackPacket>((resolve, reject) => {
      connection.onEnd = reject;
      connection.#onConnack = resolve;
    });
    connection.send({
      ...{
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 5,
        clean: false,
        keepalive: (2 * TIMEOUT) / 1000,
      },
      clientId: session.clientId,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password: Buffer.from(password) }),
      properties: { sessionExpiryInterval: session.expiry, receiveMaximum: session.receiveMaximum },
    });
    try {
      return [connection, await answer];
    } catch (error) {
      connection.end();
      throw error;
    }
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = parser(CODEC);
    let packets: Packet[] = [];
    reader.on("packet", (packet: Packet) => packets.push(packet));
    reader.on("error", (cause: Error) =>
      this.#end(new BrokerAway(`It does not speak MQTT 5: ${cause.message}`)),
    );
    socket.on("data", (bytes: Buffer) => {
      this.#heardAt = performance.now();
      packets = [];
      reader.parse(bytes);
      this.#take(packets);
    });
    socket.on("error", (cause) => this.#end(distrusted(cause) ?? new BrokerAway(cause.message, { cause })));
    socket.on("close", () => this.#end(new BrokerAway("It ended the connection.")));
    this.#ping = setInterval(() => {
      if (performance.now() - this.#heardAt > TIMEOUT)
        this.#end(new BrokerAway(`Not a word for ${TIMEOUT} ms.`));
      else if (this.#connack !== undefined) this.send({ cmd: "pingreq" });
    }, PING);
  }

  /** Hands out packets, those of one piece of what came over the network at a time, from the first after the broker's welcome. */
  listen(onPackets: (packets: readonly Packet[]) => void): void {
    this.#onPackets = onPackets;
    if (this.#early.length > 0) onPackets(this.#early.splice(0));
    if (this.#ended !== undefined) this.onEnd(this.#ended);
  }

  /** Packets that the broker is behind with are kept by the socket; after the end of the connection they go nowhere. */
  send(...packets: readonly Packet[]): void {
    if (this.#ended === undefined)
      this.#socket.write(Buffer.concat(packets.map((one) => generate(one, CODEC))));
  }

  /** Says nothing more to anybody. @param politely what was sent arrives, and the broker is told */
  end(politely = false): void {
    this.onEnd = () => {};
    if (politely && this.#ended === undefined) {
      this.send({ cmd: "disconnect", reasonCode: 0 });
      this.#socket.end();
      clearInterval(this.#ping);
      return;
    }
    this.#end(new BrokerAway("The connection is closed."));
  }

  #take(packets: readonly Packet[]): void {
    let rest = packets;
    const first = packets[0];
    if (this.#connack === undefined && first?.cmd === "connack") {
      if (first.reasonCode !== 0) {
        this.#end(refusal(first));
        return;
      }
      this.#connack = first;
      this.#onConnack(first);
      rest = packets.slice(1);
    }
    const last = rest.find((packet) => packet.cmd === "disconnect") as IDisconnectPacket | undefined;
    if (this.#onPackets === undefined) this.#early.push(...rest);
    else if (rest.length > 0) this.#onPackets(rest);
    if (last !== undefined) this.#end(farewell(last));
  }

  #end(reason: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    clearInterval(this.#ping);
    this.#socket.destroy();
    this.onEnd(reason);
  }
}

function refusal({ reasonCode = 0, properties }: IConnackPacket): Error {
  const why = `${reasonText(reasonCode)}${properties?.reasonString ? `: ${properties.reasonString}` : ""}`;
  if (PASSING.has(reasonCode)) return new BrokerAway(why);
  return new HypersphereError("io", `The broker refuses the connection: ${why}.`, {
    hint: "Look at the name and password in the address, and whether the broker speaks MQTT 5.",
  });
}

function farewell({ reasonCode = 0 }: IDisconnectPacket): Error {
  if (reasonCode !== TAKEN_OVER) return new BrokerAway(`It ended the connection: ${reasonText(reasonCode)}.`);
  return new HypersphereError("io", "Another worker of the same --group and --share has connected.", {
    hint: "Give each worker a share of its own, such as --share 1/2 and --share 2/2.",
  });
}

const reasonText = (code: number): string => `reason 0x${code.toString(16).padStart(2, "0")} of MQTT 5`;

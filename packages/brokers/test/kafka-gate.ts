import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer as createPlain, type Server, type Socket } from "node:net";
import { createServer as createTls, type TLSSocket } from "node:tls";

/** What a client said before it was let in. */
export interface Visit {
  /** The name that TLS was asked for; undefined without TLS. */
  servername: string | false | undefined;
  mechanism: string | undefined;
  user: string | undefined;
  /** Whether the server let it in. */
  isIn: boolean;
}

const [METADATA, HANDSHAKE, VERSIONS, AUTHENTICATE] = [3, 17, 18, 36];
const FAILED = 58;
const MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/**
 * The gate of a Kafka broker: TLS, and SASL as its protocol and RFC 4616 and 5802 say (requests ApiVersions, SaslHandshake and SaslAuthenticate). Behind it
 * there is nothing: whatever else is asked ends the connection.
 */
export class KafkaGate {
  readonly visits: Visit[] = [];
  readonly #server: Server;
  readonly #user: string;
  readonly #password: string;

  constructor(user: string, password: string, tls?: { cert: Buffer; key: Buffer }) {
    [this.#user, this.#password] = [user, password];
    const take = (socket: Socket): void => this.#take(socket);
    this.#server = tls ? createTls(tls, take) : createPlain(take);
    this.#server.on("tlsClientError", () => {});
  }

  async start(): Promise<number> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    return (this.#server.address() as { port: number }).port;
  }

  end(): void {
    this.#server.close();
  }

  #take(socket: Socket): void {
    const visit: Visit = {
      ...{
        servername: (socket as TLSSocket & { servername?: string | false }).servername,
        mechanism: undefined,
        user: undefined,
        isIn: false,
      },
    };
    this.visits.push(visit);
    let step: ((bytes: Buffer) => Buffer | undefined) | undefined;
    let buffer = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      buffer = Buffer.concat([buffer, bytes]);
      while (buffer.length >= 4 && buffer.length >= 4 + buffer.readInt32BE(0)) {
        const request = buffer.subarray(4, 4 + buffer.readInt32BE(0));
        buffer = buffer.subarray(4 + request.length);
        const [api, version] = [request.readInt16BE(0), request.readInt16BE(2)];
        const body = request.subarray(10 + Math.max(0, request.readInt16BE(8)));
        const answer = (...parts: Buffer[]): void => {
          const all = Buffer.concat([request.subarray(4, 8), ...parts]);
          socket.write(Buffer.concat([int(4, all.length), all]));
        };
        if (api === VERSIONS) {
          const known = [METADATA, HANDSHAKE, VERSIONS, AUTHENTICATE].map((key) =>
            Buffer.concat([int(2, key), int(2, 0), int(2, key === AUTHENTICATE ? 0 : 1)]),
          );
          answer(int(2, 0), int(4, known.length), ...known, version > 0 ? int(4, 0) : Buffer.alloc(0));
        } else if (api === HANDSHAKE) {
          visit.mechanism = body.toString("utf8", 2);
          step = this.#checked(visit);
          const names = MECHANISMS.map((name) => Buffer.concat([int(2, name.length), Buffer.from(name)]));
          answer(int(2, 0), int(4, names.length), ...names);
        } else if (api === AUTHENTICATE && step !== undefined) {
          const said = step(body.subarray(4));
          const why = Buffer.from("Authentication failed");
          if (said === undefined) answer(int(2, FAILED), int(2, why.length), why, int(4, 0));
          else answer(int(2, 0), int(2, -1), int(4, said.length), said);
        } else socket.destroy();
      }
    });
  }

  /** Takes what a client says, one time after the other; undefined for what is wrong. */
  #checked(visit: Visit): (bytes: Buffer) => Buffer | undefined {
    if (visit.mechanism === "PLAIN") {
      return (bytes) => {
        const [, user, password] = bytes.toString().split("\0");
        visit.user = user;
        visit.isIn = user === this.#user && password === this.#password;
        return visit.isIn ? Buffer.alloc(0) : undefined;
      };
    }
    const hash = visit.mechanism === "SCRAM-SHA-512" ? "sha512" : "sha256";
    const [salt, rounds] = [randomBytes(16), 4096];
    let [bare, challenge] = ["", ""];
    return (bytes) => {
      const text = bytes.toString();
      if (bare === "") {
        bare = text.replace("n,,", "");
        const said = Object.fromEntries(bare.split(",").map((part) => [part[0], part.slice(2)]));
        visit.user = said["n"]!.replaceAll("=2C", ",").replaceAll("=3D", "=");
        challenge = `r=${said["r"]}${randomBytes(12).toString("hex")},s=${salt.toString("base64")},i=${rounds}`;
        return Buffer.from(challenge);
      }
      const [without, proof] = text.split(",p=") as [string, string];
      const salted = pbkdf2Sync(this.#password, salt, rounds, hash === "sha512" ? 64 : 32, hash);
      const clientKey = createHmac(hash, salted).update("Client Key").digest();
      const about = [bare, challenge, without].join(",");
      const stored = createHash(hash).update(clientKey).digest();
      const signature = createHmac(hash, stored).update(about).digest();
      const expected = Buffer.from(clientKey.map((byte, k) => byte ^ signature[k]!));
      const given = Buffer.from(proof, "base64");
      visit.isIn =
        visit.user === this.#user && given.length === expected.length && timingSafeEqual(given, expected);
      if (!visit.isIn) return undefined;
      const serverKey = createHmac(hash, salted).update("Server Key").digest();
      return Buffer.from(`v=${createHmac(hash, serverKey).update(about).digest("base64")}`);
    };
  }
}

function int(bytes: 2 | 4, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
}

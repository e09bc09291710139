import { type LookupAddress, lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { Problem } from "../problem.js";

/** Networks that are not the internet: what a service inside one must not be made to call (RFC 6890 and its registries). */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ...[["0.0.0.0", 8] as const, ["10.0.0.0", 8] as const, ["100.64.0.0", 10] as const],
  ...[["127.0.0.0", 8] as const, ["169.254.0.0", 16] as const, ["172.16.0.0", 12] as const],
  ...[["192.0.0.0", 24] as const, ["192.0.2.0", 24] as const, ["192.88.99.0", 24] as const],
  ...[["192.168.0.0", 16] as const, ["198.18.0.0", 15] as const, ["198.51.100.0", 24] as const],
  ...[["203.0.113.0", 24] as const, ["224.0.0.0", 4] as const, ["240.0.0.0", 4] as const],
]) {
  PRIVATE.addSubnet(network, bits, "ipv4");
}
/** Of IPv6, what is handed out to the internet, apart from ranges that lead back to IPv4 or nowhere. */
const PUBLIC_6 = new BlockList();
PUBLIC_6.addSubnet("2000::", 3, "ipv6");
const PRIVATE_6 = new BlockList();
for (const [network, bits] of [["2001::", 23] as const, ["2001:db8::", 32] as const, ["2002::", 16] as const])
  PRIVATE_6.addSubnet(network, bits, "ipv6");

export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !PRIVATE.check(address, "ipv4");
  if (isIP(address) !== 6) return false;
  return PUBLIC_6.check(address, "ipv6") && !PRIVATE_6.check(address, "ipv6");
}

/**
 * An address that may be sent to, as far as its text says.
 * @param toPrivate also plain HTTP, and networks that are not the internet
 * @throws Problem `invalid-request`
 */
export function checkedUrl(text: string, toPrivate: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const schemes = toPrivate ? ["https:", "http:"] : ["https:"];
  if (url === undefined || !schemes.includes(url.protocol)) {
    throw new Problem("invalid-request", "The URL of a webhook has to begin with https://.", {
      hint: "The setting webhooksToPrivate allows http:// and private networks.",
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new Problem("invalid-request", "The URL of a webhook may have no user and no password.");
  }
  const host = hostOf(url);
  if (!toPrivate && isIP(host) !== 0 && !isPublic(host)) throw notPublic(host);
  return url;
}

/** What asks for the addresses of a name, as `lookup` of Node does with `all`. */
export type Resolve = (
  host: string,
  options: { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Resolves names to addresses of the internet alone. What is checked here is what is connected to: a name cannot mean
 * another address a moment later.
 */
export const publicLookupBy =
  (resolve: Resolve): LookupFunction =>
  (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, "", 4);
      const refused = addresses.find(({ address }) => !isPublic(address));
      // One private address among several is no accident.
      if (refused !== undefined || addresses.length === 0) return done(notPublic(host), "", 4);
      if (options.all) return done(null, addresses);
      return done(null, addresses[0]!.address, addresses[0]!.family);
    });
  };

export const publicLookup = publicLookupBy(lookup as Resolve);

/** Without the brackets of IPv6. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, "");

const notPublic = (host: string): Problem =>
  new Problem("invalid-request", `Webhooks are not sent to ${host.slice(0, 80)}: it is a private address.`, {
    hint: "The setting webhooksToPrivate allows private networks.",
  });

/** An address of several hosts, as one:4222,two:4222 before its path. */
const ADDRESS = /^([a-z]+:\/\/(?:[^/?#@]*@)?)([^/?#@]*)(.*)$/is;

/** Each host in an address of its own, as those of several are no URL; empty where one of them is none. */
export function urlsOf(address: string): readonly URL[] {
  const [, start, hosts, end] = ADDRESS.exec(address) ?? [];
  const single = hosts?.split(",").map((host) => `${start}${host}${end}`) ?? [];
  const urls = single.flatMap((text) => (URL.canParse(text) ? [new URL(text)] : []));
  const isWhole =
    urls.length === single.length && (urls.length === 1 || urls.every(({ host }) => host !== ""));
  return isWhole ? urls : [];
}

/** An address with another path and query: what it says of hosts, and of who asks. */
export function withoutPath(address: string, search: string): string {
  const [, start, hosts] = ADDRESS.exec(address)!;
  return `${start}${hosts}${search}`;
}

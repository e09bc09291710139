/** Damage to files, as a disk, a transfer or an attacker does it; the same seed gives the same damage. */

/** Mulberry32: numbers in [0, 1). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const telling = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];

/**
 * @param {Uint8Array} bytes
 * @returns {{ bytes: Uint8Array, changed: number[], kind: string }} `changed`: places of the original that are others now,
 * or where bytes were put in or taken out
 */
export function mutate(bytes, random) {
  const upTo = (n) => Math.floor(random() * n);
  const kind = ["bit", "byte", "telling", "several", "varint", "cut", "removed", "inserted", "copied"][
    upTo(9)
  ];
  const copy = Uint8Array.from(bytes);
  const changed = [];
  const set = (at, value) => {
    if (copy[at] === value) return;
    copy[at] = value;
    changed.push(at);
  };
  // Half of the damage in the last quarter, where the file says what it is.
  const place = () =>
    random() < 0.5 ? upTo(bytes.length) : bytes.length - 1 - upTo(Math.ceil(bytes.length / 4));
  const range = (at, count) => Array.from({ length: Math.min(count, bytes.length - at) }, (_, k) => at + k);
  switch (kind) {
    case "bit": {
      const at = place();
      set(at, copy[at] ^ (1 << upTo(8)));
      break;
    }
    case "byte":
      set(place(), upTo(256));
      break;
    case "telling":
      set(place(), telling[upTo(telling.length)]);
      break;
    case "several":
      for (let k = 2 + upTo(4); k > 0; k--) set(place(), upTo(256));
      break;
    case "varint": {
      // A number that goes on for some bytes and so becomes a large one.
      const at = place();
      for (let k = 0; k < 1 + upTo(5) && at + k < copy.length; k++) set(at + k, 0x80 | upTo(128));
      break;
    }
    case "cut": {
      const at = upTo(bytes.length);
      return { bytes: copy.slice(0, at), changed: range(at, bytes.length), kind };
    }
    case "removed": {
      const at = place();
      const count = 1 + upTo(8);
      return {
        bytes: Uint8Array.from([...copy.slice(0, at), ...copy.slice(at + count)]),
        changed: range(at, count),
        kind,
      };
    }
    case "inserted": {
      const at = place();
      const extra = Array.from({ length: 1 + upTo(8) }, () => upTo(256));
      return {
        bytes: Uint8Array.from([...copy.slice(0, at), ...extra, ...copy.slice(at)]),
        changed: range(at, 1),
        kind,
      };
    }
    case "copied": {
      const [at, source] = [place(), place()];
      for (let k = 0; k < 1 + upTo(32) && Math.max(at, source) + k < copy.length; k++)
        set(at + k, bytes[source + k]);
      break;
    }
  }
  return { bytes: copy, changed, kind };
}

/**
 * MurmurHash3_x86_128 (Austin Appleby, public domain), on the UTF-8 bytes of a text. Not a cryptographic hash: it
 * serves to spread seeds and stream names over 128 bits of generator state, with 32-bit integer arithmetic only.
 */
const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

function rotl(x: number, r: number): number {
  return (x << r) | (x >>> (32 - r));
}

function finalMix(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * @param text any string; lone surrogates count as U+FFFD, as TextEncoder has it
 * @param seed 32-bit integer
 * @returns four unsigned 32-bit words
 */
export function murmur128(text: string, seed = 0): [number, number, number, number] {
  const bytes = new TextEncoder().encode(text);
  const length = bytes.length;
  const blocks = length >>> 4;
  let h1 = seed | 0;
  let h2 = h1;
  let h3 = h1;
  let h4 = h1;

  const word = (at: number): number => {
    // Past the end the tail is padded with zeros: a zero word leaves its h untouched, as in the reference's switch.
    let w = 0;
    for (let i = 3; i >= 0; i--) w = (w << 8) | (bytes[at + i] ?? 0);
    return w;
  };
  const k1Of = (k: number): number => Math.imul(rotl(Math.imul(k, C1), 15), C2);
  const k2Of = (k: number): number => Math.imul(rotl(Math.imul(k, C2), 16), C3);
  const k3Of = (k: number): number => Math.imul(rotl(Math.imul(k, C3), 17), C4);
  const k4Of = (k: number): number => Math.imul(rotl(Math.imul(k, C4), 18), C1);

  for (let block = 0; block < blocks; block++) {
    const at = block << 4;
    h1 = (Math.imul(rotl(h1 ^ k1Of(word(at)), 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 = (Math.imul(rotl(h2 ^ k2Of(word(at + 4)), 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 = (Math.imul(rotl(h3 ^ k3Of(word(at + 8)), 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 = (Math.imul(rotl(h4 ^ k4Of(word(at + 12)), 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  const tail = blocks << 4;
  h1 ^= k1Of(word(tail)) ^ length;
  h2 ^= k2Of(word(tail + 4)) ^ length;
  h3 ^= k3Of(word(tail + 8)) ^ length;
  h4 ^= k4Of(word(tail + 12)) ^ length;

  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finalMix(h1);
  h2 = finalMix(h2);
  h3 = finalMix(h3);
  h4 = finalMix(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  return [h1 >>> 0, (h2 + h1) >>> 0, (h3 + h1) >>> 0, (h4 + h1) >>> 0];
}

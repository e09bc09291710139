import type { AnomalyMap } from "./regions.js";

/** A map in whole numbers: value = offset + step * code. */
export interface CodedMap<Codes extends Uint8Array | Uint16Array = Uint8Array | Uint16Array> {
  readonly height: number;
  readonly width: number;
  /** [height, width] */
  readonly codes: Codes;
  readonly offset: number;
  readonly step: number;
}

/** In 16 bits: values come back to within half a step, a 131,070th of the range of the map. */
export const codedMap16 = (map: AnomalyMap): CodedMap<Uint16Array> =>
  coded(map, new Uint16Array(map.data.length));

/** In 8 bits: half a step is a 510th of the range. */
export const codedMap8 = (map: AnomalyMap): CodedMap<Uint8Array> =>
  coded(map, new Uint8Array(map.data.length));

function coded<Codes extends Uint8Array | Uint16Array>(
  { height, width, data }: AnomalyMap,
  codes: Codes,
): CodedMap<Codes> {
  const most = 2 ** (8 * codes.BYTES_PER_ELEMENT) - 1;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const offset = low === Number.POSITIVE_INFINITY ? 0 : low;
  const step = high > low ? (high - low) / most : 0;
  // What is not finite has the nearer end; what is no number, the lowest.
  for (let k = 0; k < codes.length; k++) {
    const code = step === 0 ? 0 : Math.round((data[k]! - offset) / step);
    codes[k] = code > 0 ? Math.min(most, code) : 0;
  }
  return { height, width, codes, offset, step };
}

/** The values of a coded map. */
export function decodedMap({ height, width, codes, offset, step }: CodedMap): AnomalyMap {
  return { height, width, data: Float32Array.from(codes, (code) => offset + step * code) };
}

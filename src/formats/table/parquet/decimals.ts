import type { DecodedArray } from "hyparquet";

/** Powers of ten that a float64 holds exactly. */
const EXACT_POWERS = 22;

/**
 * Decimals as the numbers that their texts are in a CSV file: the nearest float64 of each. Whole numbers beyond 2^53, which
 * may be ids, keep their digits as bigints.
 * @param values the digits without their point, as numbers, bigints, or big-endian bytes
 * @param scale how many of the digits stand behind the point
 */
export function decimalValues(values: DecodedArray, scale: number): (number | bigint)[] {
  const power = 10 ** scale;
  return Array.from(values as ArrayLike<unknown>, (value) => {
    const digits = value instanceof Uint8Array ? signed(value) : (value as number | bigint);
    const isExact = digits <= Number.MAX_SAFE_INTEGER && digits >= Number.MIN_SAFE_INTEGER;
    // A quotient of two exact numbers is rounded once; their product with 0.1 would be rounded twice.
    if (isExact && scale <= EXACT_POWERS) return Number(digits) / power;
    return scale === 0 ? BigInt(digits) : Number(`${digits}e-${scale}`);
  });
}

function signed(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(8 * bytes.length, value);
}

import { compressors } from "hyparquet-compressors";
import { crc32 } from "../../crc32.js";
import type { PageUnpackers } from "../../platform.js";
import { damaged } from "./damage.js";
import { unpackLz4 } from "./lz4.js";
import { checkedZstdFrame } from "./zstd-frames.js";

/**
 * The bytes of a page in a buffer of their own, so that nothing reads beyond them into other pages.
 * @param length bytes that the page's header states
 * @param native decompressors of the platform, which are stricter and faster than those for all platforms
 * @throws ParquetDamage and errors of decompressors; never fewer or more bytes than `length`
 */
export function unpackPage(
  codec: string,
  bytes: Uint8Array,
  length: number,
  native: PageUnpackers,
): Uint8Array {
  const page = unpack(codec, bytes, length, native);
  if (page.length !== length) {
    damaged(`a page of ${page.length} bytes when unpacked, where ${length} were stated`);
  }
  // A part of a larger buffer is copied, and not by slice(), which for a Buffer of Node is no copy.
  return page.byteLength === page.buffer.byteLength ? page : new Uint8Array(page);
}

function unpack(codec: string, bytes: Uint8Array, length: number, native: PageUnpackers): Uint8Array {
  switch (codec) {
    case "UNCOMPRESSED":
      return new Uint8Array(bytes);
    case "SNAPPY":
      checkSnappyLength(bytes, length);
      return compressors.SNAPPY!(bytes, length);
    case "GZIP":
      return unpackGzip(bytes, length, native);
    case "BROTLI":
      return (native.BROTLI ?? compressors.BROTLI!)(bytes, length);
    case "ZSTD":
      return native.ZSTD === undefined
        ? compressors.ZSTD!(checkedZstdFrame(bytes, length), length)
        : native.ZSTD(bytes, length);
    case "LZ4":
    case "LZ4_RAW":
      return unpackLz4(bytes, length, codec === "LZ4");
    default:
      return damaged(`compression ${codec}, which is not read`);
  }
}

/** Snappy's data begin with their length, as a varint. */
function checkSnappyLength(bytes: Uint8Array, length: number): void {
  let stated = 0;
  for (let k = 0; k < 5 && k < bytes.length; k++) {
    stated += (bytes[k]! & 0x7f) * 2 ** (7 * k);
    if (bytes[k]! < 0x80) break;
  }
  if (stated !== length) damaged(`Snappy data of ${stated} bytes, where ${length} were stated`);
}

/** Gzip's data end with their checksum and length, which the decompressor for all platforms does not look at. */
function unpackGzip(bytes: Uint8Array, length: number, native: PageUnpackers): Uint8Array {
  const isMember = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (native.GZIP !== undefined && isMember) return native.GZIP(bytes, length);
  const page = compressors.GZIP!(bytes, length);
  if (!isMember || bytes.length < 18) return page;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const single = view.getUint32(bytes.length - 4, true) === length;
  if (single && view.getUint32(bytes.length - 8, true) !== crc32(page))
    damaged("gzip data of another checksum");
  return page;
}

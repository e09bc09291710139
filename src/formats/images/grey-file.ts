import { frameHeaderAt } from "./declared-size.js";

/** Whether the header of an image file says that it is grey: browsers decode everything to colours. */
export function isGreyFile(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return isGreyPng(bytes);
  return bytes[0] === 0xff && bytes[1] === 0xd8 && isGreyJpeg(bytes);
}

/** Colour types 0 and 4 are grey without and with alpha (PNG specification, 11.2.1: byte 25 of the file). */
const isGreyPng = (bytes: Uint8Array): boolean => bytes[25] === 0 || bytes[25] === 4;

/** The frame header states the number of components (ITU-T T.81, B.2.2). */
function isGreyJpeg(bytes: Uint8Array): boolean {
  const at = frameHeaderAt(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return at !== undefined && bytes[at + 9] === 1;
}

/** Whether the header of an image file says that it is grey: browsers decode everything to colours. */
export function isGreyFile(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return isGreyPng(bytes);
  return bytes[0] === 0xff && bytes[1] === 0xd8 && isGreyJpeg(bytes);
}

/** Colour types 0 and 4 are grey without and with alpha (PNG specification, 11.2.1: byte 25 of the file). */
const isGreyPng = (bytes: Uint8Array): boolean => bytes[25] === 0 || bytes[25] === 4;

/** The frame header states the number of components (ITU-T T.81, B.2.2). */
function isGreyJpeg(bytes: Uint8Array): boolean {
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    // Fill bytes may stand before a marker.
    if (marker === 0xff) {
      at++;
      continue;
    }
    // Start of frame 0 to 15, but for the tables that share their range of numbers.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return bytes[at + 9] === 1;
    at += 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
  }
  return false;
}

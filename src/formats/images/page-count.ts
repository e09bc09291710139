/**
 * Pages of a TIFF file, or frames of an animated GIF, WebP or PNG, as the file's structure tells them: 1 for all other files, and
 * as many as were found before damage. Smaller copies and masks of a page, which TIFF keeps as pages, are none.
 */
export function pageCount(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  const count = { pages: 0 };
  try {
    if (text(0, 4) === "GIF8") countGif(view, count);
    else if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") countWebp(view, count);
    else if (text(1, 4) === "PNG") countPng(view, count);
    else if (/^(II[*+]\0|MM\0[*+])/.test(text(0, 4))) countTiff(view, text(0, 1) === "I", count);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return Math.max(1, count.pages);
}

interface Count {
  pages: number;
}

/** GIF89a specification, 18 to 26: blocks behind the screen's colours, of which those that begin with a comma are frames. */
function countGif(view: DataView, count: Count): void {
  const colours = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + colours(view.getUint8(10));
  for (;;) {
    const kind = view.getUint8(at);
    if (kind === 0x2c) {
      count.pages++;
      at += 11 + colours(view.getUint8(at + 9));
    } else if (kind === 0x21) at += 2;
    else return;
    while (view.getUint8(at) > 0) at += 1 + view.getUint8(at);
    at++;
  }
}

/** RFC 9649: a chunk for each frame. */
function countWebp(view: DataView, count: Count): void {
  for (let at = 12; ; ) {
    if (view.getUint32(at) === fourBytes("ANMF")) count.pages++;
    const length = view.getUint32(at + 4, true);
    at += 8 + length + (length % 2);
  }
}

/** PNG specification, third edition: a chunk before the pixels says how many frames there are. */
function countPng(view: DataView, count: Count): void {
  for (let at = 8; ; at += 12 + view.getUint32(at)) {
    const kind = view.getUint32(at + 4);
    if (kind === fourBytes("IDAT")) return;
    if (kind !== fourBytes("acTL")) continue;
    count.pages = view.getUint32(at + 8);
    return;
  }
}

const NEW_SUBFILE_TYPE = 254;
/** Bits of that tag: a smaller copy, and a mask. */
const NO_PAGE = 1 | 4;

/** TIFF 6.0, 2, and BigTIFF, which has wider numbers: a chain of directories, one for each page, with their tags in order. */
function countTiff(view: DataView, little: boolean, count: Count): void {
  const isBig = view.getUint16(2, little) === 43;
  const [numberBytes, countBytes, entryBytes] = isBig ? [8, 8, 20] : [4, 2, 12];
  const number = (at: number): number =>
    isBig ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
  const seen = new Set<number>();
  for (let at = number(isBig ? 8 : 4); at !== 0 && !seen.has(at); ) {
    seen.add(at);
    const entries = isBig ? number(at) : view.getUint16(at, little);
    const first = at + countBytes;
    const kind =
      view.getUint16(first, little) === NEW_SUBFILE_TYPE
        ? view.getUint32(first + entryBytes - numberBytes, little)
        : 0;
    at = number(first + entryBytes * entries);
    if ((kind & NO_PAGE) === 0) count.pages++;
  }
}

const fourBytes = (name: string): number =>
  new DataView(Uint8Array.from(name, (letter) => letter.charCodeAt(0)).buffer).getUint32(0);

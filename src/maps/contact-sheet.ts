import { printableLine } from "../text/printable.js";
import { blank, fill, paste } from "./drawing.js";
import type { PixelImage } from "./overlay.js";
import { eachDot, LETTER } from "./pixel-font.js";

/** One picture of a contact sheet. */
export interface ContactTile {
  /** Red, green and blue, at most `CONTACT_SIDE` pixels high and wide. */
  readonly picture: PixelImage;
  /** Lines of text below it; what is too long is cut. */
  readonly lines: readonly string[];
  /** Whether it gets a frame. */
  readonly marked: boolean;
}

/** Height and width of a tile's picture at most. */
export const CONTACT_SIDE = 232;
const COLUMNS = 8;
const MARGIN = 8;
const FRAME = 3;
const TEXT = 235;
/** Each dot of a letter is so many pixels high and wide. */
const DOT = 2;

/** Pictures in rows, with text below each: red, green and blue, [height, width, 3]. */
export function contactSheet(tiles: readonly ContactTile[]): PixelImage {
  const columns = Math.max(1, Math.min(COLUMNS, tiles.length));
  const lines = Math.max(0, ...tiles.map((tile) => tile.lines.length));
  const tall = Math.max(1, ...tiles.map(({ picture }) => picture.height));
  const [across, down] = [CONTACT_SIDE + 2 * MARGIN, tall + 3 * MARGIN + lines * LETTER.height * DOT];
  const width = columns * across;
  const height = Math.max(1, Math.ceil(tiles.length / columns)) * down;
  const sheet = blank(height, width);
  tiles.forEach(({ picture, lines, marked }, k) => {
    const left = (k % columns) * across + MARGIN;
    const top = Math.floor(k / columns) * down + MARGIN;
    const [x, y] = [left + ((CONTACT_SIDE - picture.width) >> 1), top + ((tall - picture.height) >> 1)];
    if (marked) {
      const frame = {
        left: x - FRAME,
        top: y - FRAME,
        height: picture.height + 2 * FRAME,
        width: picture.width + 2 * FRAME,
      };
      fill(sheet, frame, TEXT);
    }
    paste(sheet, picture, x, y);
    lines.forEach((line, at) => {
      write(sheet, line, left, top + tall + MARGIN + at * LETTER.height * DOT);
    });
  });
  return sheet;
}

/** The end of a name tells more than its beginning. */
function write(sheet: PixelImage, text: string, left: number, top: number): void {
  const most = Math.floor(CONTACT_SIDE / (LETTER.width * DOT));
  const letters = [...printableLine(text)];
  const shown = letters.length > most ? `..${letters.slice(2 - most).join("")}` : letters.join("");
  eachDot(shown, (x, y) =>
    fill(sheet, { left: left + x * DOT, top: top + y * DOT, height: DOT, width: DOT }, TEXT),
  );
}

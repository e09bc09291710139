import { escapeText } from "./svg.js";

/**
 * A table whose rows are blocks on a phone, with what a cell is beside it: nothing is out of sight to the right. Where it stands,
 * the style has {@link ROW_TABLE_STYLE}, and the colours `--line` and `--faint`.
 *
 * @param head of each column, as text; empty for pictures
 * @param lines cells of each row, as markup
 * @param caption as text
 */
export function rowTable(
  head: readonly string[],
  lines: readonly (readonly string[])[],
  caption?: string,
): string {
  const headings = head.map((text) =>
    text === "" ? "<td></td>" : `<th scope="col">${escapeText(text)}</th>`,
  );
  const named = head.map((text) => (text === "" ? "" : ` data-heading="${escapeText(text)}"`));
  const rows = lines.map(
    (cells) => `<tr>${cells.map((cell, k) => `<td${named[k]}>${cell}</td>`).join("")}</tr>`,
  );
  const below = caption === undefined ? "" : `<caption>${escapeText(caption)}</caption>`;
  return `<div class="scroll"><table class="rows">${below}<thead><tr>${headings.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

export const ROW_TABLE_STYLE: string = `@media screen and (max-width:40rem){.rows,.rows :is(caption,tbody,tr,td){display:block}.rows thead{position:absolute;clip-path:inset(50%)}.rows tbody tr{padding:.4rem 0;border-bottom:1px solid var(--line)}.rows td{border:0;padding:0;overflow-wrap:anywhere}.rows td:empty{display:none}.rows [data-heading]::before{content:attr(data-heading) ": ";color:var(--faint)}}`;

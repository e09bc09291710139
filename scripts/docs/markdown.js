/** A table from a heading and rows of cells. */
export function table(heading, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(heading), `|${"---|".repeat(heading.length)}`, ...rows.map(line)].join("\n");
}

/** Code inside of a table's cell, where a bar would end the cell. */
export const code = (text) => `\`${text.replaceAll("|", "\\|")}\``;

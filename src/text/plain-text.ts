/**
 * Markdown as plain text for a terminal: paragraphs wrapped, tables in columns, code indented. It knows what the manual's
 * pages use: headings, paragraphs, lists, block quotes, tables, code, comments, and the marks inside a line.
 */
export function plainText(markdown: string, width: number): string {
  const blocks = splitBlocks(markdown.replaceAll(/<!--[\s\S]*?-->\n?/g, ""));
  return `${blocks.map((block) => render(block, width)).join("\n\n")}\n`;
}

interface Block {
  readonly form: "heading" | "code" | "grid" | "item" | "paragraph";
  readonly lines: readonly string[];
}

function splitBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split("\n");
  const take = (form: Block["form"], fits: (line: string) => boolean): void => {
    const taken = [lines.shift()!];
    while (lines.length > 0 && fits(lines[0]!)) taken.push(lines.shift()!);
    blocks.push({ form, lines: taken });
  };
  while (lines.length > 0) {
    const line = lines[0]!;
    if (line.trim() === "") lines.shift();
    else if (/^\s*```/.test(line)) {
      lines.shift();
      const end = lines.findIndex((text) => /^\s*```/.test(text));
      const code = lines.splice(0, end < 0 ? lines.length : end);
      lines.shift();
      blocks.push({ form: "code", lines: code });
    } else if (/^#+ /.test(line)) take("heading", () => false);
    else if (/^ {4}/.test(line)) take("code", (text) => /^ {4}/.test(text));
    else if (line.startsWith("|")) take("grid", (text) => text.startsWith("|"));
    else if (isItem(line)) take("item", (text) => text.trim() !== "" && !isItem(text) && !startsBlock(text));
    else take("paragraph", (text) => text.trim() !== "" && !isItem(text) && !startsBlock(text));
  }
  return joinItems(blocks);
}

const isItem = (line: string): boolean => /^\s*([-*]|\d+\.) /.test(line);
const startsBlock = (line: string): boolean => /^(#+ |\||\s*```)/.test(line);

/** Items of one list follow one another without an empty line. */
function joinItems(blocks: readonly Block[]): Block[] {
  const joined: Block[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (block.form === "item" && last?.form === "item") {
      joined[joined.length - 1] = { form: "item", lines: [...last.lines, ...block.lines] };
    } else joined.push(block);
  }
  return joined;
}

function render({ form, lines }: Block, width: number): string {
  if (form === "heading") {
    const text = inline(lines[0]!.replace(/^#+ /, ""));
    return lines[0]!.startsWith("# ")
      ? `${text}\n${"=".repeat(text.length)}`
      : `${text}\n${"-".repeat(text.length)}`;
  }
  if (form === "code") {
    const indent = lines.every((line) => /^( {4}|$)/.test(line)) ? "" : "    ";
    return lines.map((line) => (line === "" ? "" : indent + line)).join("\n");
  }
  if (form === "grid") return renderTable(lines, width);
  if (form === "item") return renderItems(lines, width);
  return wrap(inline(lines.map((line) => line.replace(/^> ?/, "").trim()).join(" ")), width);
}

function renderItems(lines: readonly string[], width: number): string {
  const items: string[] = [];
  for (const line of lines) {
    if (isItem(line)) items.push(line);
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return items
    .map((item) => {
      const [, indent, mark, text] = /^(\s*)([-*]|\d+\.) +(.*)$/.exec(item)!;
      const start = `${indent}${mark} `;
      return hanging(start, inline(text!), width);
    })
    .join("\n");
}

/** Columns side by side, the last one wrapped; where that is too narrow, one line per cell. */
function renderTable(lines: readonly string[], width: number): string {
  const rows = lines
    .filter((line) => !/^\|[\s:|-]+$/.test(line))
    .map((line) =>
      line
        .replace(/^\||\|\s*$/g, "")
        .split(/(?<!\\)\|/)
        .map((cell) => inline(cell.trim().replaceAll("\\|", "|"))),
    );
  const [head, ...body] = rows as [string[], ...string[][]];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const before = widths.slice(0, -1).reduce((sum, cell) => sum + cell + 2, 0);
  if (before + Math.min(widths.at(-1)!, 30) > width) {
    return body
      .map((row) =>
        row
          .map((cell, column) => ({ cell, start: column === 0 ? "" : `    ${head[column]}: ` }))
          .filter(({ cell }) => cell !== "")
          .map(({ cell, start }) => hanging(start, cell, width, 6))
          .join("\n"),
      )
      .join("\n\n");
  }
  const line = (row: readonly string[]): string => {
    const start = row
      .slice(0, -1)
      .map((cell, column) => `${cell.padEnd(widths[column]!)}  `)
      .join("");
    return hanging(start, row.at(-1) ?? "", width).trimEnd();
  };
  const rule = widths.map((cell, column) =>
    "-".repeat(column < widths.length - 1 ? cell : Math.min(cell, width - before)),
  );
  return [line(head), rule.join("  "), ...body.map(line)].join("\n");
}

/** Text after a start, its further lines below its own beginning. */
function hanging(start: string, text: string, width: number, indent = start.length): string {
  const [first = "", ...rest] = wrap(text, width, start.length, indent).split("\n");
  return [start + first, ...rest.map((line) => " ".repeat(indent) + line)].join("\n");
}

/** Breaks at spaces into lines of at most `width`, of which the first has `taken` used up, and others `indent`. */
function wrap(text: string, width: number, taken = 0, indent = 0): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    const room = width - (lines.length === 0 ? taken : indent);
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

/** Without links, emphasis and images; code is left as it is, with its backticks, which separate it from the words around. */
function inline(text: string): string {
  const code: string[] = [];
  return text
    .replaceAll(/`[^`]*`/g, (span) => `\0${code.push(span) - 1}\0`)
    .replaceAll(/!\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/\[([^\]]+)\]\((https?:[^)]*)\)/g, "$1 ($2)")
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replaceAll("**", "")
    .replaceAll(/(^|[\s(])\*([^*\s][^*]*)\*(?=$|[\s.,;:)?!])/g, "$1$2")
    .replaceAll(/\0(\d+)\0/g, (_, index) => code[Number(index)]!);
}

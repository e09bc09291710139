/** What the pages of comparisons and searches are made of: no script, no file beside them, readable in print. */
import { escapeText } from "./svg.js";

/** @param body markup */
export function page(title: string, body: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title><style>${STYLE}</style></head>
<body>${body.join("\n")}</body></html>
`;
}

/** @param content markup */
export const figure = (content: string, caption: string): string =>
  `<figure>${content}<figcaption>${escapeText(caption)}</figcaption></figure>`;

export function table(
  head: readonly string[],
  lines: readonly (readonly string[])[],
  caption: string,
): string {
  const headCells = head.map((cell) => `<th>${escapeText(cell)}</th>`).join("");
  const bodyLines = lines.map(
    (line) => `<tr>${line.map((cell) => `<td>${escapeText(cell)}</td>`).join("")}</tr>`,
  );
  return `<div class="scroll"><table><caption>${escapeText(caption)}</caption><thead><tr>${headCells}</tr></thead><tbody>${bodyLines.join("")}</tbody></table></div>`;
}

export const settingList = (settings: Readonly<Record<string, string>>): string =>
  `<dl>${Object.entries(settings)
    .map(([key, value]) => `<dt>${escapeText(key)}</dt><dd>${escapeText(value)}</dd>`)
    .join("")}</dl>`;

const STYLE = `
:root{font:15px/1.5 system-ui,sans-serif;color:#111;background:#fff}
body{max-width:1080px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0 0 .5rem}h2{font-size:1.25rem;margin:2rem 0 .5rem;border-bottom:1px solid #ccc}h3{font-size:1rem;margin:1rem 0 0}
.verdict{font-size:1.2rem;font-weight:600;border-left:4px solid #111;padding-left:.8rem}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;list-style:none;padding:0}.legend svg{vertical-align:middle}
.charts{display:flex;flex-wrap:wrap;gap:.5rem}.chart{width:340px;max-width:100%;height:auto}.chart.wide{width:720px}.chart.parallel{width:auto;max-width:none}
.chart text{font:11px system-ui,sans-serif;fill:#111}.chart .title{font-weight:600;font-size:12px}.chart .letter{font-size:9px;font-weight:700}
.grid{stroke:#e4e4e4}.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums;margin:.6rem 0}
caption{caption-side:bottom;text-align:left;color:#444;padding-top:.3rem}
th,td{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:right}th:first-child,td:first-child,td:nth-child(2){text-align:left}
figure{margin:1rem 0}figcaption{color:#444;font-size:.86rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1.2rem}dt{font-weight:600}dd{margin:0}
@media print{body{max-width:none;margin:0}section{break-inside:avoid}.scroll{overflow:visible}}
`;

import { ROW_TABLE_STYLE } from "../row-table.js";

/** Works in light and in dark, and in print. */
export const EXPLANATION_STYLE: string = `
:root{color-scheme:light dark;--ink:#111;--paper:#fff;--faint:#4a4a4a;--line:#b5b5b5;--more:#7a1fa2;--less:#00548f;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
@media (prefers-color-scheme:dark){:root{--ink:#eee;--paper:#161616;--faint:#b8b8b8;--line:#5a5a5a;--more:#e3a1ff;--less:#7cc4ff}}
body{max-width:1080px;margin:0 auto;padding:0 1rem 2rem}
h1{font-size:1.5rem;margin:1rem 0 0}h2{font-size:1.1rem;margin:0}header p,.faint{color:var(--faint);margin:.3rem 0}
section{border-top:1px solid var(--line);padding:1rem 0}section p{margin:.3rem 0}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.15rem .8rem .15rem 0;text-align:left;border-bottom:1px solid var(--line)}
.bar{display:block}.axis{stroke:var(--line)}.more{fill:var(--more)}.less{fill:url(#less);stroke:var(--less)}.hatch{stroke:var(--less)}.hidden{position:absolute}
${ROW_TABLE_STYLE}
@media print{body{max-width:none}section{break-inside:avoid}.scroll{overflow:visible}}
`;

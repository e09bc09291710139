import { ROW_TABLE_STYLE } from "../row-table.js";

/** Works in light and in dark, and in print. */
export const TRAINING_STYLE: string = `
:root{color-scheme:light dark;--ink:#111;--paper:#fff;--faint:#4a4a4a;--line:#b5b5b5;--soft:#e6e6e6;--one:#00548f;--two:#9a3a00;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
@media (prefers-color-scheme:dark){:root{--ink:#eee;--paper:#161616;--faint:#b8b8b8;--line:#5a5a5a;--soft:#2c2c2c;--one:#7cc4ff;--two:#ffb07a}}
body{max-width:1080px;margin:0 auto;padding:0 1rem 2rem}
h1{font-size:1.5rem;margin:1rem 0 0}h2{font-size:1.15rem;margin:0}h3{font-size:1rem;margin:.8rem 0 0}header p,.faint,figcaption{color:var(--faint);margin:.3rem 0}
section{border-top:1px solid var(--line);padding:1rem 0;margin-top:1rem}section p{margin:.3rem 0;max-width:52rem}
.charts{display:flex;flex-wrap:wrap;gap:.5rem 1.2rem;align-items:flex-start}figure{margin:.6rem 0 0;width:500px;max-width:100%}.charts figure{width:345px}figcaption{font-size:.86rem}
.chart{width:100%;height:auto;display:block}.chart text{font:11px system-ui,sans-serif;fill:var(--ink)}.chart .title{font-weight:600;font-size:12px}.chart .axis{stroke:var(--ink)}.chart .grid{stroke:var(--soft)}
.chart .a{stroke:var(--one);fill:none;stroke-width:1.6}.chart .b{stroke:var(--two);fill:none;stroke-width:1.4;stroke-dasharray:5 3}.chart .dot{fill:var(--paper);stroke:var(--one);stroke-width:1}.chart .bad{stroke:var(--two);fill:none;stroke-width:1.6}.chart .kept{fill:var(--one)}.chart .mark{stroke:var(--ink);stroke-dasharray:4 2}.chart .centre{stroke:var(--ink);fill:none;stroke-width:2.4}
.chart .upper{fill:var(--soft);stroke:var(--faint);stroke-width:.5}.chart .lower{fill:url(#hatch);stroke:var(--faint);stroke-width:.5}.hatch{stroke:var(--two);stroke-width:1.2}.hidden{position:absolute}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;margin:.5rem 0}th,td{padding:.2rem .9rem .2rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:middle}caption{caption-side:bottom;text-align:left;color:var(--faint);padding-top:.3rem;font-size:.86rem}
.advice{list-style:none;padding:0;margin:.4rem 0}.advice li{border-left:3px solid var(--line);padding:.1rem 0 .1rem .8rem;margin:.6rem 0;max-width:52rem}.advice li.warning{border-left-color:var(--two)}.advice b{display:block}
.pictures{display:flex;flex-wrap:wrap;gap:.8rem;margin:.5rem 0}.pictures figure{margin:0;width:auto;max-width:240px}.pictures .three{max-width:none}.pictures img{width:96px;height:auto;image-rendering:pixelated;border:1px solid var(--line);display:inline-block}.pictures .three img+img{margin-left:2px}
.spark{display:block;width:230px;height:auto}.bar{display:block}.bar rect{fill:var(--one)}.flag{font-weight:600}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:0 1.2rem;margin:.4rem 0}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
${ROW_TABLE_STYLE}
@media print{body{max-width:none}section{break-inside:auto}figure,li,tr{break-inside:avoid}.scroll{overflow:visible}}
`;

/** What is below the line of a histogram is hatched, so that prints without colour can be read too. */
export const HATCH =
  '<svg width="0" height="0" aria-hidden="true" class="hidden"><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse"><path d="M0 4L4 0" class="hatch"/></pattern></svg>';

/** Works in light and in dark, and in print; flagged stretches are listed too, for those who do not see them in the charts. */
export const PLOT_STYLE: string = `
:root{color-scheme:light dark;--ink:#111;--paper:#fff;--faint:#4a4a4a;--line:#b5b5b5;--grid:#ddd;--mark:#7a1fa2;--shade:rgb(122 31 162/.18);--sensor:#00548f;--focus:#0050c8;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
@media (prefers-color-scheme:dark){:root{--ink:#eee;--paper:#161616;--faint:#b8b8b8;--line:#5a5a5a;--grid:#333;--mark:#e3a1ff;--shade:rgb(227 161 255/.25);--sensor:#7cc4ff;--focus:#8ab8ff}}
body{margin:0 auto;padding:0 1rem 2rem;max-width:1800px}
h1{font-size:1.5rem;margin:1rem 0 0}h2{font-size:1.1rem}header p{margin:.2rem 0;color:var(--faint)}
.controls{position:sticky;top:0;z-index:200;display:flex;flex-wrap:wrap;gap:.2rem 2rem;align-items:center;background:var(--paper);border-bottom:1px solid var(--line);padding:.4rem 0}
.controls p{margin:0;display:flex;gap:.5rem;align-items:center}.controls p[hidden]{display:none}.controls #status{flex-basis:100%}
input[type=range]{width:14rem;max-width:50vw}input[type=number]{width:7rem}
.keys{color:var(--faint);font-size:.86rem;margin:.4rem 0}
a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,#charts:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.uplot,.uplot .u-legend{width:100%}.u-legend.u-inline{text-align:left}.u-legend th,.u-legend td{padding:0 4px}
.u-select{background:rgb(128 128 128/.25)}
main>table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}main>table :is(th,td){padding:.15rem .8rem .15rem 0;text-align:left;border-bottom:1px solid var(--line)}
@media print{.controls,.keys{display:none}}
`;

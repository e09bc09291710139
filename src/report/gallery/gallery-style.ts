/** Works in light and in dark, in print, and without telling colours apart: what is flagged has a thick frame and says so. */
export const GALLERY_STYLE: string = `
:root{color-scheme:light dark;--ink:#111;--paper:#fff;--faint:#4a4a4a;--line:#b5b5b5;--mark:#7a1fa2;--focus:#0050c8;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
@media (prefers-color-scheme:dark){:root{--ink:#eee;--paper:#161616;--faint:#b8b8b8;--line:#5a5a5a;--mark:#e3a1ff;--focus:#8ab8ff}}
body{margin:0 auto;padding:0 1rem 2rem;max-width:1800px}
h1{font-size:1.5rem;margin:1rem 0 0}header p{margin:.2rem 0;color:var(--faint)}
.controls{position:sticky;top:0;z-index:2;display:flex;flex-wrap:wrap;gap:.2rem 2rem;align-items:center;background:var(--paper);border-bottom:1px solid var(--line);padding:.4rem 0}
.controls p{margin:0;display:flex;gap:.5rem;align-items:center}.controls #status{flex-basis:100%}
input[type=range]{width:14rem;max-width:50vw}input[type=number]{width:7rem}
output{min-width:3.2rem;font-variant-numeric:tabular-nums}.keys{color:var(--faint);font-size:.86rem;margin:.4rem 0}
#images{list-style:none;padding:0;margin:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:.8rem}
#images li{scroll-margin-top:8rem;content-visibility:auto;contain-intrinsic-size:auto 15rem}#images li[hidden]{display:none}
#images a{display:block;height:100%;box-sizing:border-box;padding:5px;border:1px solid var(--line);border-radius:6px;color:inherit;text-decoration:none}
#images .flagged a{border:4px solid var(--mark);padding:2px}
a:focus-visible,button:focus-visible,input:focus-visible,dialog:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.frame{position:relative;display:block;background:#777}.frame img{display:block;width:100%;height:auto}.frame canvas{position:absolute;inset:0;width:100%;height:100%}
.name{display:block;font-weight:600;overflow-wrap:anywhere;margin-top:.2rem}.facts{color:var(--faint);font-size:.86rem;font-variant-numeric:tabular-nums}
.flagged .verdict{color:var(--mark)}.flagged .verdict::before{content:"\\25B2\\00A0"}
dialog{width:min(96vw,1400px);max-height:96vh;box-sizing:border-box;border:1px solid var(--line);border-radius:8px;color:inherit;background:var(--paper);padding:.8rem}
dialog::backdrop{background:rgb(0 0 0/.6)}.bar{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}.bar h2{flex:1;font-size:1.1rem;margin:0;overflow-wrap:anywhere}
dialog .frame{margin:.5rem auto 0;width:fit-content}
.plain canvas{visibility:hidden}
@media print{#images li{content-visibility:visible}.controls,.keys{display:none}#images li{break-inside:avoid}}
`;

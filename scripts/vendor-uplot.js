// Writes src/report/plot/uplot.ts from an unpacked package of uPlot: node scripts/vendor-uplot.js path/to/package
// The page that `plot` writes carries the library in it, and only that page does: a copy in the source, made once for a version,
// costs no dependency at run time and nothing to install.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("Say where the package lies: npm pack uplot, then unpack it.");
const read = (name) => readFileSync(join(folder, name), "utf8").trim();
const { name, version, license } = JSON.parse(read("package.json"));
const script = read("dist/uPlot.iife.min.js");
if (license !== "MIT" || /<\/script|<!--/i.test(script))
  throw new Error("This version cannot be used as it is.");
const notice = read("LICENSE").replaceAll("*/", "* /");
const file = fileURLToPath(new URL("../src/report/plot/uplot.ts", import.meta.url));
writeFileSync(
  file,
  `// Written by scripts/vendor-uplot.js from ${name} ${version}.
/* ${notice} */

/** Defines uPlot. */
export const UPLOT_SCRIPT: string =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the program itself.
  ${JSON.stringify(script)};

export const UPLOT_STYLE: string =
  ${JSON.stringify(read("dist/uPlot.min.css"))};

/** As the licence asks: in every copy. */
export const UPLOT_NOTICE: string =
  ${JSON.stringify(read("LICENSE"))};
`,
);

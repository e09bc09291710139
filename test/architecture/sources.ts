/** The sources of the package as the compiler reads them: which file imports which, and what else they mention. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const SOURCE_ROOT = fileURLToPath(new URL("../../src", import.meta.url));

export interface SourceFile {
  /** Path inside src/, with forward slashes. */
  readonly path: string;
  readonly lines: number;
  /** Files of src/ that it imports. `typeOnly` imports leave no trace in what runs. */
  readonly imports: readonly { readonly path: string; readonly typeOnly: boolean }[];
  /** Packages and `node:` modules that it imports. */
  readonly packages: readonly string[];
  readonly tree: ts.SourceFile;
}

/** Every file of src/ but the tests. */
export function readSources(root = SOURCE_ROOT): SourceFile[] {
  return (readdirSync(root, { recursive: true }) as string[])
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .sort()
    .map((path) => parse(path, readFileSync(join(root, path), "utf8")));
}

export function parse(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const found = importsOf(tree);
  const inside = found.filter(({ name }) => name.startsWith("."));
  return {
    path,
    lines: text.split("\n").length - 1,
    imports: inside.map(({ name, typeOnly }) => ({
      path: posix.join(dirname(path), name).replace(/\.js$/, ".ts"),
      typeOnly,
    })),
    packages: found.filter(({ name }) => !name.startsWith(".")).map(({ name }) => name),
    tree,
  };
}

function importsOf(tree: ts.SourceFile): { name: string; typeOnly: boolean }[] {
  const found: { name: string; typeOnly: boolean }[] = [];
  visit(tree, (node) => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const named = clause?.namedBindings;
      const allTypes =
        clause !== undefined &&
        (clause.phaseModifier === ts.SyntaxKind.TypeKeyword ||
          (clause.name === undefined &&
            named !== undefined &&
            ts.isNamedImports(named) &&
            named.elements.length > 0 &&
            named.elements.every((element) => element.isTypeOnly)));
      found.push({ name: (node.moduleSpecifier as ts.StringLiteral).text, typeOnly: allTypes });
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      found.push({ name: (node.moduleSpecifier as ts.StringLiteral).text, typeOnly: node.isTypeOnly });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument !== undefined && ts.isStringLiteral(argument)) {
        found.push({ name: argument.text, typeOnly: false });
      }
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push({ name: (node.argument.literal as ts.StringLiteral).text, typeOnly: true });
    }
  });
  return found;
}

/** Uses of what belongs to a platform or makes two runs differ: consoles, clocks, global randomness, Node's globals. */
export function impurities({ tree }: SourceFile): string[] {
  const found: string[] = [];
  visit(tree, (node) => {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      const use = `${node.expression.text}.${node.name.text}`;
      if (["Date.now", "Math.random", "performance.now"].includes(use)) found.push(use);
      if (["console", "process", "Buffer"].includes(node.expression.text)) found.push(use);
    }
    if (
      ts.isNewExpression(node) &&
      node.expression.getText() === "Date" &&
      (node.arguments ?? []).length === 0
    ) {
      found.push("new Date()");
    }
  });
  return found;
}

/** Comparisons of a kind of data with one of its names, and looks for fields that only one kind has. */
export function kindTests({ tree }: SourceFile): string[] {
  const found: string[] = [];
  visit(tree, (node) => {
    if (!ts.isBinaryExpression(node)) return;
    const sides = [node.left.getText(), node.right.getText()];
    const operator = node.operatorToken.kind;
    const compares =
      operator === ts.SyntaxKind.EqualsEqualsEqualsToken ||
      operator === ts.SyntaxKind.ExclamationEqualsEqualsToken;
    const kind = sides.some((side) => /^"(table|series|images)"$|\bkinds\.\w+(\.name)?$/.test(side));
    const looks =
      operator === ts.SyntaxKind.InKeyword && /^"(columns|steps|read|contrast|layout)"$/.test(sides[0]!);
    if ((compares && kind) || looks) found.push(node.getText());
  });
  return found;
}

export function hasDefaultExport({ tree }: SourceFile): boolean {
  let found = false;
  visit(tree, (node) => {
    if (ts.isExportAssignment(node)) found = true;
    if (ts.canHaveModifiers(node)) {
      found ||= ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) ?? false;
    }
  });
  return found;
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

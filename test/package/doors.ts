/** The doors of the package as the compiler sees their declarations: what they export, and what that mentions. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";

export interface Door {
  /** As it is imported, such as "hypersphere/core". */
  readonly name: string;
  /** The exported names that can stand where a type is expected. */
  readonly types: readonly string[];
  /** All exported names. */
  readonly names: readonly string[];
}

export interface Doors {
  readonly doors: readonly Door[];
  /** Types that a door's signatures mention and no door exports, each with one place that mentions it. */
  readonly unnamed: readonly string[];
}

/**
 * Reads the doors that the manifest of a package declares.
 * @param folder the package, built: package.json and the declarations that it names
 */
export function readDoors(folder: string): Doors {
  const { name, exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = Object.entries<string | { types: string }>(exports).flatMap(([path, target]) =>
    typeof target === "string" ? [] : [{ name: path.replace(".", name), file: join(folder, target.types) }],
  );
  const program = ts.createProgram(
    files.map(({ file }) => file),
    {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      types: [],
      strict: true,
    },
  );
  const checker = program.getTypeChecker();
  const resolved = (symbol: ts.Symbol): ts.Symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

  const exported = new Set<ts.Symbol>();
  const doors = files.map(({ name, file }) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
    const symbols = checker.getExportsOfModule(module);
    for (const symbol of symbols) exported.add(resolved(symbol));
    const named = (mask: ts.SymbolFlags): string[] =>
      symbols.filter((symbol) => resolved(symbol).flags & mask).map((symbol) => symbol.name);
    return { name, types: named(ts.SymbolFlags.Type), names: symbols.map((symbol) => symbol.name) };
  });

  const own = (symbol: ts.Symbol): readonly ts.Declaration[] =>
    (symbol.declarations ?? []).filter((declaration) => {
      // The package may lie in a node_modules folder itself: what counts is the way from it.
      const inside = relative(folder, declaration.getSourceFile().fileName);
      return !inside.startsWith("..") && !inside.includes("node_modules");
    });

  const unnamed = new Map<ts.Symbol, string>();
  const seen = new Set<ts.Symbol>();
  const follow = (symbol: ts.Symbol): void => {
    if (seen.has(symbol)) return;
    seen.add(symbol);
    for (const declaration of own(symbol)) walk(declaration, symbol);
  };
  const walk = (node: ts.Node, from: ts.Symbol): void => {
    // What is private has no type in a declaration, and cannot be reached.
    if (ts.isPrivateIdentifier(node)) return;
    const mentioned = symbolMentioned(node, checker);
    if (mentioned !== undefined) {
      const symbol = resolved(mentioned);
      const [declaration] = own(symbol);
      if (declaration !== undefined && !isLocal(symbol)) {
        if (isNamedType(symbol) && !exported.has(symbol) && !unnamed.has(symbol)) {
          unnamed.set(symbol, `${place(symbol)} (in ${place(from)})`);
        }
        follow(symbol);
      }
    }
    ts.forEachChild(node, (child) => walk(child, from));
  };
  const place = (symbol: ts.Symbol): string =>
    `${relative(folder, own(symbol)[0]!.getSourceFile().fileName)}: ${symbol.name}`;
  for (const symbol of exported) follow(symbol);
  return { doors, unnamed: [...unnamed.values()].sort() };
}

/** The symbol that a node of a declaration names in the place of a type, if it does. */
function symbolMentioned(node: ts.Node, checker: ts.TypeChecker): ts.Symbol | undefined {
  if (ts.isTypeReferenceNode(node)) return checker.getSymbolAtLocation(node.typeName);
  if (ts.isExpressionWithTypeArguments(node)) return checker.getSymbolAtLocation(node.expression);
  if (ts.isTypeQueryNode(node)) return checker.getSymbolAtLocation(node.exprName);
  if (ts.isImportTypeNode(node) && node.qualifier !== undefined) {
    return checker.getSymbolAtLocation(node.qualifier);
  }
  return undefined;
}

/** A constant that is only asked for its type (`typeof options`) need not be exported; a type with a name has to be. */
const isNamedType = (symbol: ts.Symbol): boolean =>
  (symbol.flags &
    (ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Enum)) !==
  0;

const isLocal = (symbol: ts.Symbol): boolean => (symbol.flags & ts.SymbolFlags.TypeParameter) !== 0;

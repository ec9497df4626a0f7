// Files that add a hop and nothing else: they re-export, or hold one function that hands its arguments to another.
import { argumentsOf, nodeAt, nodesAt, type SyntaxNode } from "./syntax.ts";

/** Above this a file has enough in it to be worth its name. */
export const smallFileLines = 12;

/** Whether every statement beside the imports only passes on what another file defines. */
export function onlyPassesOn(statements: readonly SyntaxNode[]): boolean {
  const own = statements.filter(({ type }) => type !== "ImportDeclaration");
  return own.length > 0 && own.every(passesOn);
}

function passesOn(statement: SyntaxNode): boolean {
  switch (statement.type) {
    case "ExportAllDeclaration":
    case "ExportNamedDeclaration":
      return true;
    case "ExportDeclaration":
      return declarationPassesOn(nodeAt(statement, "declaration"));
    default:
      return declarationPassesOn(statement);
  }
}

function declarationPassesOn(declaration: SyntaxNode | undefined): boolean {
  switch (declaration?.type) {
    case "FunctionDeclaration":
      return bodyForwards(nodeAt(declaration, "body"));
    case "TsTypeAliasDeclaration":
      return isPlainReference(nodeAt(declaration, "typeAnnotation"));
    case "VariableDeclaration":
      return nodesAt(declaration, "declarations").every((declarator) => valueForwards(nodeAt(declarator, "init")));
    default:
      return false;
  }
}

/** `type A = B`; with arguments or an index it defines something. */
function isPlainReference(type: SyntaxNode | undefined): boolean {
  return type?.type === "TsTypeReference" && nodeAt(type, "typeParams") === undefined;
}

/** Another name for what exists, or an arrow function that forwards. */
function valueForwards(value: SyntaxNode | undefined): boolean {
  if (value?.type === "Identifier") return true;
  if (value?.type !== "ArrowFunctionExpression") return false;
  const body = nodeAt(value, "body");
  return bodyForwards(body) || callForwards(body);
}

/** One call, after any number of statements that only take an argument apart. */
function bodyForwards(body: SyntaxNode | undefined): boolean {
  const statements = nodesAt(body, "stmts");
  const last = statements.at(-1);
  return (
    statements.slice(0, -1).every(takesApart) && callForwards(nodeAt(last, "argument") ?? nodeAt(last, "expression"))
  );
}

function takesApart(statement: SyntaxNode): boolean {
  return (
    statement.type === "VariableDeclaration" &&
    nodesAt(statement, "declarations").every(
      (declarator) => nodeAt(declarator, "id")?.type === "ObjectPattern" && isGiven(nodeAt(declarator, "init")),
    )
  );
}

function callForwards(expression: SyntaxNode | undefined): boolean {
  if (expression?.type === "AwaitExpression") return callForwards(nodeAt(expression, "argument"));
  return expression?.type === "CallExpression" && argumentsOf(expression).every(isGiven);
}

/** Arguments as they came, their members, constants, and objects made of those. */
function isGiven(expression: SyntaxNode | undefined): boolean {
  switch (expression?.type) {
    case "Identifier":
    case "StringLiteral":
    case "NumericLiteral":
    case "BooleanLiteral":
    case "NullLiteral":
      return true;
    case "MemberExpression":
      return isGiven(nodeAt(expression, "object"));
    case "ObjectExpression":
      return nodesAt(expression, "properties").every(
        (property) => property.type === "Identifier" || isGiven(nodeAt(property, "value")),
      );
    default:
      return false;
  }
}

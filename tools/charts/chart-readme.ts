// A chart's README: what it is, and a table of its values from the comments of values.yaml. Pure.
import { isMap, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";

type Row = { readonly path: string; readonly value: string; readonly about: string };

type ReadmeParts = {
  readonly name: string;
  readonly description: string;
  /** Sentences between the description and the table. */
  readonly introduction: string;
  /** Text of values.yaml. */
  readonly values: string;
};

/** Text of the README. A value without a comment of its own belongs to the comment of the group above it. */
export function renderChartReadme({ name, description, introduction, values }: ReadmeParts): string {
  const document = parseDocument(values);
  const rows = isMap(document.contents) ? rowsOf(document.contents, "") : [];
  const lines = rows.map(
    ({ path, value, about }) => `| \`${path}\` | ${value === "" ? "" : `\`${value}\``} | ${about} |`,
  );
  return `# ${name}

${description}.

${introduction}

## Values

A key that isn't here is refused. Generated from \`values.yaml\` (\`make generate\`).

| value | default | |
|---|---|---|
${lines.join("\n")}
`;
}

function rowsOf(map: YAMLMap, prefix: string): readonly Row[] {
  return map.items.flatMap((pair, index) => {
    const { key, value } = pair as Pair<Node, Node | null>;
    const path = `${prefix}${String(key)}`;
    // The parser keeps the comment above a map's first key with the map.
    const above = index === 0 && prefix !== "" ? map.commentBefore : key.commentBefore;
    const about = sentenceOf(above);
    if (!isMap(value) || value.flow === true) return [{ path, value: defaultOf(value), about }];
    const group = about === "" ? [] : [{ path, value: "", about }];
    return [...group, ...rowsOf(value, `${path}.`)];
  });
}

function defaultOf(value: Node | null): string {
  if (isScalar(value) && typeof value.value === "string") return JSON.stringify(value.value);
  return JSON.stringify(value?.toJSON() ?? null).replaceAll("|", "\\|");
}

/** One line of the last paragraph: those above speak of the file. Bars would end the cell, angle brackets begin a tag. */
function sentenceOf(comment: string | null | undefined): string {
  const lines =
    (comment ?? "")
      .split(/\n\s*\n/)
      .at(-1)
      ?.split("\n") ?? [];
  const text = lines.map((line) => line.trim()).join(" ");
  return text.trim().replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

import type { Yaml } from "../settings/yaml-tokens.ts";
import type { Json } from "./json.ts";

/** How lists stand under their keys: indented or not. */
export interface BlockStyle {
  readonly isIndented: boolean;
}

/**
 * A value as lines of block YAML. Words that YAML 1.1 takes for something other than text are quoted, since Kubernetes'
 * tools read 1.1; so is the value of each variable.
 */
export function blockLines(yaml: Yaml, value: Json, { isIndented }: BlockStyle): readonly string[] {
  const document = new yaml.Document(value, { version: "1.1", aliasDuplicateObjects: false });
  yaml.visit(document, {
    Pair: (_key, { key, value: part }) => {
      const isText = yaml.isScalar(part) && typeof part.value === "string";
      if (isText && yaml.isScalar(key) && key.value === "value") part.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0, indentSeq: isIndented }).trimEnd().split("\n");
}

/** How a flow collection is laid out: on one line (null), or with each item on lines of its own. */
export interface FlowLayout {
  /** Blanks before an item, and those that one more level adds. */
  readonly indent: string;
  readonly step: string;
}

/** A value as JSON, which is flow YAML too; the first line without its indent. */
export function flowText(value: Json, layout: FlowLayout | null, lineBreak: string): string {
  if (layout === null) return JSON.stringify(value);
  return JSON.stringify(value, null, layout.step).replaceAll("\n", lineBreak + layout.indent);
}

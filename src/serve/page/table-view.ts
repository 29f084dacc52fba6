import { type Content, type ElementPiece, h } from "./piece.ts";

/** A table of the page. */
export interface TableParts {
  readonly caption: Content;
  readonly columns: readonly string[];
  /** Cells of each row; the first heads its row. */
  readonly rows: readonly (readonly Content[])[];
  readonly className: string;
}

/**
 * A table that a narrow screen shows as one card a row, each cell with its column's name before it. The roles are spelled
 * out since the display of cards takes them away in some browsers.
 */
export function table({ caption, columns, rows, className }: TableParts): ElementPiece {
  const heads = columns.map((name) => h("th", { scope: "col", role: "columnheader" }, name));
  return h(
    "table",
    { role: "table", class: className },
    h("caption", {}, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)),
    h(
      "tbody",
      { role: "rowgroup" },
      rows.map((cells) =>
        h(
          "tr",
          { role: "row" },
          cells.map((content, index) => cell(content, index, columns)),
        ),
      ),
    ),
  );
}

function cell(content: Content, index: number, columns: readonly string[]): ElementPiece {
  if (index === 0) return h("th", { scope: "row", role: "rowheader" }, content);
  return h("td", { role: "cell", "data-label": columns[index] ?? "" }, h("div", {}, content));
}

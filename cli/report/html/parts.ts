/** Pieces that several sections of the report use. */
import { type Content, type Html, html } from "./html.ts";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Content;
  readonly numeric?: boolean;
}

/**
 * A table with a caption; the first column heads its row. On a narrow screen each row becomes a block with its columns'
 * titles before the values, so the roles are spelt out: some browsers drop them with the layout.
 */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  const kind = (column: Column<Row>) => (column.numeric ? "num" : "");
  const cells = (row: Row) =>
    columns.map((column, index) =>
      index === 0
        ? html`<th scope="row" role="rowheader" class="${kind(column)}">${column.cell(row)}</th>`
        : html`<td role="cell" class="${kind(column)}" data-label="${column.title}">${column.cell(row)}</td>`,
    );
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table role="table"><caption>${caption}</caption><thead role="rowgroup"><tr role="row">${columns.map(
    (column) => html`<th scope="col" role="columnheader" class="${kind(column)}">${column.title}</th>`,
  )}</tr></thead><tbody role="rowgroup">${rows.map((row) => html`<tr role="row">${cells(row)}</tr>`)}</tbody></table></div>
`;
}

/** A section with its heading; `id` is the anchor of the table of contents. */
export function section(id: string, title: string, ...content: readonly Content[]): Html {
  return html`<section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${title}</h2>
${content}</section>
`;
}

export function fold(summary: Content, content: Content, open = false): Html {
  return open
    ? html`<details open><summary>${summary}</summary><div class="fold">${content}</div></details>`
    : html`<details><summary>${summary}</summary><div class="fold">${content}</div></details>`;
}

export function badge(kind: string, text: Content): Html {
  return html`<span class="badge ${kind}">${text}</span>`;
}

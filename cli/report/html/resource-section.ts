/** Resources: what changed against the committed golden, and the whole tree, which folds. */
import type { RecordedResource } from "../../../simulator/recorder.ts";
import { isKubernetesObject, namespaceOf } from "../../plan/graph.ts";
import { compare } from "../../plan/plan.ts";
import { counts, shortType } from "../../plan/tree.ts";
import type { ResourceChange, ResourceChanges } from "../changes.ts";
import { plural, type ReportData } from "../model.ts";
import { type Html, html } from "./html.ts";
import { badge, section, table } from "./parts.ts";

/** Changes that are listed; more than this is a rewrite, and the tree shows it better. */
const mostChanges = 1_000;

export function resourceSection({ plan, changes }: ReportData): Html {
  const kinds = counts(plan.resources).map(([what, count]) => `${count.toLocaleString("en-US")} ${what}`);
  return section(
    "resources",
    "Resources",
    html`<p class="lead">${plural(plan.resources.length, "resource")}: ${kinds.join(", ")}.</p>`,
    changes ? changeList(changes) : html`<p>Nothing committed to compare with.</p>`,
    html`<p class="filters" id="tree-tools" hidden><label class="wide">Find <input type="search" id="tree-filter" autocomplete="off" placeholder="name or type"></label><button type="button" id="tree-open">Open all</button><button type="button" id="tree-close">Close all</button></p><p id="tree-count" role="status" class="quiet"></p>`,
    html`<div class="tree" id="tree">${tree(plan.resources)}</div>`,
  );
}

const words: Readonly<Record<ResourceChange["kind"], string>> = {
  added: "added",
  changed: "changed",
  removed: "removed",
};

function changeList({ changes, with: before }: ResourceChanges): Html {
  if (changes.length === 0) return html`<p>The same as in ${before}.</p>`;
  return html`${table(
    `Changes against ${before}`,
    [
      {
        title: "Resource",
        cell: (row) =>
          html`${row.name}${row.path.length > 0 && html`<span class="description">in ${row.path.join(" › ")}</span>`}`,
      },
      { title: "Change", cell: (row) => badge(row.kind, words[row.kind]) },
      { title: "Type", cell: (row) => html`<code>${row.type}</code>` },
      { title: "What", cell: (row) => row.details.join("; ") },
    ],
    changes.slice(0, mostChanges),
  )}${changes.length > mostChanges && html`<p>and ${changes.length - mostChanges} more.</p>`}`;
}

function tree(resources: readonly RecordedResource[]): Html[] {
  const known = new Set(resources.map((resource) => resource.urn));
  const children = Map.groupBy(resources, (resource) =>
    resource.parent !== undefined && known.has(resource.parent) ? resource.parent : "",
  );
  const below = (urn: string) => [...(children.get(urn) ?? [])].sort(componentsFirst);
  const visit = (resource: RecordedResource, depth: number): Html => {
    const own = below(resource.urn);
    if (own.length === 0) return html`<p class="leaf">${label(resource)}</p>`;
    const content = html`<summary>${label(resource)} <span class="quiet">${own.length}</span></summary><div>${own.map((child) => visit(child, depth + 1))}</div>`;
    return depth === 0 ? html`<details open>${content}</details>` : html`<details>${content}</details>`;
  };
  return below("").map((resource) => visit(resource, 0));
}

function componentsFirst(a: RecordedResource, b: RecordedResource): number {
  return Number(a.custom) - Number(b.custom) || compare(a.type, b.type) || compare(a.name, b.name);
}

function label(resource: RecordedResource): Html {
  const namespace = isKubernetesObject(resource) ? namespaceOf(resource) : undefined;
  return html`<span class="name">${resource.name}</span> <code>${shortType(resource.type)}</code>${
    namespace !== undefined && html` <span class="quiet">in ${namespace}</span>`
  }${resource.protect && html` ${badge("plain", "protected")}`}`;
}

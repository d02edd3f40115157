/** The Kubernetes objects of a plan as they would be applied, without Helm releases. */
import { parse, stringify } from "yaml";
import { manifests } from "../../cli/plan/manifests.ts";
import type { Plan } from "../../cli/plan/plan.ts";

export interface KubernetesDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // biome-ignore lint/suspicious/noExplicitAny: the form is that of each kind
  readonly spec?: any;
}

export function documentsOf(plan: Plan): KubernetesDocument[] {
  return manifests(plan.resources)
    .map(({ content }) => parse(content) as KubernetesDocument)
    .filter((document) => "kind" in document);
}

/** One stream of YAML documents. */
export function toYaml(documents: readonly KubernetesDocument[]): string {
  return documents.map((document) => stringify(document, { aliasDuplicateObjects: false })).join("---\n");
}

/** What a stack gives to the API server: its objects as `marketplace plan` writes them, and its Helm releases. */
import { parse } from "yaml";
import { manifests } from "../../cli/plan/manifests.ts";
import type { KubernetesObject } from "./control-plane/index.ts";
import { planOfStack } from "./plans.ts";

export interface HelmRelease {
  readonly release: string;
  readonly namespace: string;
  readonly chart: string;
  readonly version: string;
  readonly repository: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface RenderedStack {
  readonly objects: readonly KubernetesObject[];
  readonly releases: readonly HelmRelease[];
}

export async function renderedStack(stack: string): Promise<RenderedStack> {
  const files = manifests((await planOfStack(stack)).resources).map(({ content }) => parse(content));
  return {
    objects: files.filter((file) => "apiVersion" in file),
    releases: files.filter((file) => "release" in file),
  };
}

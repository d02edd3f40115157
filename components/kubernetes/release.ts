import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { type ChartName, chartVersion } from "./versions.ts";

export interface ReleaseSpec {
  readonly context: PlatformContext;
  /** Key of `charts` in `config/versions.json`, which holds repository and version. */
  readonly chart: ChartName;
  /** Namespace of the release; pass the Namespace's own `metadata.name` output so that the release waits for it. */
  readonly namespace: pulumi.Input<string>;
  /** Helm's name of the release. Default: the chart's key. Changing it replaces the release. */
  readonly releaseName?: string;
  readonly values: Record<string, unknown>;
  /** Leaves the chart's `crds/` folder out, where another release owns the same definitions. Default: false. */
  readonly skipCrds?: boolean;
  /** Seconds Helm waits for the release to become ready. Default 600, bounds 60 to 1800. */
  readonly timeoutSeconds?: number;
}

/** Definitions of releases keep this many old revisions for `helm rollback`; more only fills etcd. */
const keptRevisions = 5;

/**
 * A Helm release at the pinned version. It is atomic (a failed upgrade goes back by itself), waits until its pods
 * are ready, so that what depends on it finds its webhooks answering, and never creates the namespace itself.
 */
export function createRelease(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ReleaseSpec,
  opts: pulumi.CustomResourceOptions = {},
): kubernetes.helm.v3.Release {
  const { chart, repository, version } = chartVersion(spec.chart);
  const source = repository.startsWith("oci://")
    ? { chart: `${repository}/${chart}` }
    : { chart, repositoryOpts: { repo: repository } };
  return new kubernetes.helm.v3.Release(
    name,
    {
      ...source,
      name: spec.releaseName ?? spec.chart,
      namespace: spec.namespace,
      version,
      values: spec.values,
      // A null takes a default of the chart away; without this the provider drops it and the default stays.
      allowNullValues: true,
      atomic: true,
      cleanupOnFail: true,
      createNamespace: false,
      maxHistory: keptRevisions,
      skipAwait: false,
      skipCrds: spec.skipCrds ?? false,
      timeout: spec.timeoutSeconds ?? 600,
    },
    { parent, ...opts },
  );
}

import versions from "../../config/versions.json" with { type: "json" };

/** A chart of `config/versions.json`. */
export type ChartName = keyof typeof versions.charts;
/** An image of `config/versions.json`. */
export type ImageName = keyof typeof versions.images;

export interface ChartVersion {
  readonly chart: string;
  /** `https://…` of a chart index, or `oci://…` of a registry folder. */
  readonly repository: string;
  readonly version: string;
}

export interface ImageVersion {
  readonly repository: string;
  readonly tag: string;
  readonly digest?: string;
}

/** Where a chart comes from and at which version. */
export function chartVersion(name: ChartName): ChartVersion {
  return versions.charts[name];
}

export function imageVersion(name: ImageName): ImageVersion {
  return versions.images[name];
}

/** Full reference of an image: repository and tag, with the digest where it is known. */
export function image(name: ImageName): string {
  const { repository, tag, digest } = imageVersion(name);
  return digest === undefined ? `${repository}:${tag}` : `${repository}:${tag}@${digest}`;
}

/** Kubernetes minor that the platform runs, `1.36`. */
export const kubernetesMinor: string = versions.kubernetes.version;

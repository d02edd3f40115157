/** What a Helm release would create, where helm is installed and the chart can be reached. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import versions from "../../config/versions.json" with { type: "json" };
import type { KubernetesObject } from "./control-plane/index.ts";
import type { HelmRelease } from "./rendered.ts";

const run = promisify(execFile);
const limitMillis = 60_000;

/** Why a release could not be rendered here. */
export interface LeftOut {
  readonly leftOut: string;
}

/** Repositories that did not answer, so that each is asked once. */
const unreachable = new Map<string, string>();
/** Told by the network, not by the chart or its values. */
const networkTrouble =
  /no such host|could not resolve|i\/o timeout|connection refused|network is unreachable|forbidden|looks like .* is not a valid chart repository|context deadline/i;

/** The objects of a release; those that name no namespace belong into the release's. A chart that can be had but not rendered with these values is a fault. */
export async function renderRelease(release: HelmRelease): Promise<readonly KubernetesObject[] | LeftOut> {
  const known = unreachable.get(release.repository);
  if (known !== undefined) return { leftOut: known };
  try {
    return objectsOf(await template(release));
  } catch (error) {
    const leftOut = whyLeftOut(error as NodeJS.ErrnoException & { readonly stderr?: string });
    if (leftOut === undefined) throw error;
    unreachable.set(release.repository, leftOut);
    return { leftOut };
  }
}

async function template({ release, namespace, chart, version, repository, values }: HelmRelease) {
  const where = repository.startsWith("oci://") ? [`${repository}/${chart}`] : [chart, "--repo", repository];
  const child = run(
    "helm",
    [
      "template",
      release,
      ...where,
      `--version=${version}`,
      `--namespace=${namespace}`,
      `--kube-version=${versions.kubernetes.patchForConformance}`,
      "--no-hooks",
      "--values=-",
    ],
    { timeout: limitMillis, maxBuffer: 64 * 1024 * 1024 },
  );
  child.child.stdin?.on("error", () => undefined);
  child.child.stdin?.end(JSON.stringify(values));
  return (await child).stdout;
}

/** Undefined where the chart or its values are to blame. */
function whyLeftOut(error: NodeJS.ErrnoException & { readonly stderr?: string }): string | undefined {
  if (error.code === "ENOENT") return "helm is not on PATH";
  const said = error.stderr ?? error.message;
  return networkTrouble.test(said) ? "its chart cannot be reached" : undefined;
}

function objectsOf(text: string): KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}

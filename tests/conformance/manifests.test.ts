// Covers the manifests of every stack by kube-score, with the reasoned exceptions of lint-exceptions.ts. kube-score
// knows no Rollout and no ScaledObject: each Rollout is judged as the Deployment with the same pods, and whatever scales
// it as an autoscaler of that Deployment.
// What Helm charts render is not among the plan's manifests, and is not judged here.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { goTools } from "../../tools/go-tools.ts";
import { documentsOf, type KubernetesDocument, toYaml } from "../support/documents.ts";
import { planOfStack, project } from "../support/plans.ts";
import { type LintException, lintExceptions } from "./lint-exceptions.ts";

/** Grades run from 1, critical, to 10. */
const fullMarks = 10;

interface Finding {
  readonly check: string;
  readonly object: string;
  readonly summary: string;
}

interface Score {
  readonly type_meta: { readonly kind: string };
  readonly object_meta: { readonly name: string; readonly namespace?: string };
  readonly checks: readonly {
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly summary: string; readonly path: string }[] | null;
  }[];
}

describe("The manifests", () => {
  let kubeScore = "";
  before(async function () {
    this.timeout(30 * 60_000);
    kubeScore = join(await goTools("kube-score"), "kube-score");
  });

  function score(documents: readonly KubernetesDocument[]): Finding[] {
    const run = spawnSync(kubeScore, ["score", "-", "--output-format", "json"], {
      input: toYaml(documents.map(asKubeScoreKnowsIt)),
      encoding: "utf8",
      maxBuffer: 256 * 1024 * 1024,
    });
    if (run.stdout === "") throw new Error(`kube-score said nothing: ${run.stderr}`);
    return (JSON.parse(run.stdout) as Score[]).flatMap(findingsOf);
  }

  const used = new Set<LintException>();
  function unexcused(found: readonly Finding[]): string[] {
    return found.flatMap((finding) => {
      const exception = lintExceptions.find((one) => excuses(one, finding));
      if (exception === undefined) return [`${finding.object}: ${finding.check}, ${finding.summary}`];
      used.add(exception);
      return [];
    });
  }

  for (const stack of project.stacks) {
    it(`of ${stack} have no finding without a reason`, async function () {
      this.timeout(300_000);
      expect(unexcused(score(documentsOf(await planOfStack(stack))))).to.deep.equal([]);
    });
  }

  it("need every exception of the list", () => {
    const idle = lintExceptions.filter((exception) => !used.has(exception));
    expect(idle.map(({ check, objects }) => `${check} on ${objects.join(", ")}`)).to.deep.equal([]);
  });

  it("are found wrong where a service's container may write to its root file system", async () => {
    const documents = documentsOf(await planOfStack("production"));
    const broken = documents.map((document) => {
      if (document.kind !== "Rollout" || document.metadata.name !== "admin") return document;
      const copy = structuredClone(document);
      copy.spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem = false;
      return copy;
    });
    expect(unexcused(score(broken))).to.deep.equal([
      "Deployment/llm-marketplace/admin: container-security-context-readonlyrootfilesystem, The pod has a container with a writable root filesystem (admin)",
    ]);
  });
});

function asKubeScoreKnowsIt(document: KubernetesDocument): KubernetesDocument {
  const twin = { apiVersion: "apps/v1", kind: "Deployment" };
  if (document.kind === "Rollout") {
    const { selector, template } = document.spec;
    return { ...document, ...twin, spec: { selector, template } };
  }
  const { scaleTargetRef, minReplicas, minReplicaCount = minReplicas } = document.spec ?? {};
  if (document.kind !== "HorizontalPodAutoscaler" && document.kind !== "ScaledObject") return document;
  return {
    ...document,
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    spec: { scaleTargetRef: { ...scaleTargetRef, ...twin }, minReplicas: minReplicaCount },
  };
}

function findingsOf({ type_meta, object_meta, checks }: Score): Finding[] {
  const object = `${type_meta.kind}/${object_meta.namespace ?? ""}/${object_meta.name}`;
  return checks
    .filter(({ grade, skipped }) => !skipped && grade < fullMarks)
    .flatMap(({ check, comments }) =>
      (comments ?? []).map(({ summary, path }) => ({
        check: check.id,
        object,
        summary: path === "" ? summary : `${summary} (${path})`,
      })),
    );
}

function excuses({ check, summary, objects }: LintException, finding: Finding): boolean {
  return (
    check === finding.check &&
    (summary === undefined || finding.summary.startsWith(summary)) &&
    objects.some((pattern) => matches(pattern, finding.object))
  );
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`).test(text);
}

/** The pods that a chart really makes, where `helm` is on PATH and the chart's repository can be reached. */
import { spawn } from "node:child_process";
import { parseAllDocuments } from "yaml";
import { namespaceOf, objectName, releaseType } from "../../../cli/plan/graph.ts";
import type { Plan } from "../../../cli/plan/plan.ts";
import { workloads } from "../../../components/core/footprint.ts";
import { parseCpu, parseMemory } from "../../../components/core/units.ts";
import versions from "../../../config/versions.json" with { type: "json" };
import { plain } from "../../../simulator/properties.ts";
import { podSettings } from "./settings.ts";
import type { FootprintMatch, Source } from "./sources.ts";

export interface Chart {
  readonly release: string;
  readonly namespace: string;
  readonly chart: string;
  readonly version: string;
  /** Undefined where the chart's own address has it (OCI). */
  readonly repository: string | undefined;
  readonly values: Readonly<Record<string, unknown>>;
}

// biome-ignore lint/suspicious/noExplicitAny: the fields of many kinds
type Rendered = Record<string, any>;
export type Rendering = { readonly objects: readonly Rendered[] } | { readonly leftOut: string };

const limitMillis = 120_000;
/** Helm's words for what is no fault of the chart. */
const unreachable =
  /no such host|dial tcp|i\/o timeout|connection refused|proxyconnect|not a valid chart repository|failed to (fetch|do request)|forbidden/i;

export function chartsOf(plan: Plan): Chart[] {
  return plan.resources
    .filter(({ type }) => type === releaseType)
    .map((resource) => {
      const inputs = plain(resource.inputs) as {
        chart: string;
        version: string;
        repositoryOpts?: { repo?: string };
        values?: Record<string, unknown>;
      };
      return {
        release: objectName(resource),
        namespace: namespaceOf(resource) ?? "",
        chart: inputs.chart,
        version: inputs.version,
        repository: inputs.repositoryOpts?.repo,
        values: inputs.values ?? {},
      };
    });
}

/** What Helm makes of a release. Throws where the chart could be had and refuses its values. */
export function renderChart(chart: Chart, helm = "helm"): Promise<Rendering> {
  const child = spawn(
    helm,
    [
      "template",
      chart.release,
      chart.chart,
      `--version=${chart.version}`,
      `--namespace=${chart.namespace}`,
      ...(chart.repository === undefined ? [] : [`--repo=${chart.repository}`]),
      `--kube-version=${versions.kubernetes.version}`,
      "--no-hooks",
      "--values=-",
    ],
    { stdio: ["pipe", "pipe", "pipe"], timeout: limitMillis },
  );
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(chart.values));
  return new Promise((done, fail) => {
    let [text, complaint] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      complaint += chunk;
    });
    child.once("error", () => done({ leftOut: `${helm} is not on PATH` }));
    child.once("close", (code) => {
      if (code === 0) {
        done({ objects: parseAllDocuments(text).flatMap((document) => document.toJS() ?? []) });
      } else if (code === null || unreachable.test(complaint)) {
        done({
          leftOut: `its repository was not reached: ${complaint.trim().split("\n")[0] || "no answer"}`,
        });
      } else {
        fail(new Error(`${chart.release}: ${complaint.trim()}`));
      }
    });
  });
}

/** Where the chart's pods are not those that the footprint's rows and the plan's values say. */
export function differencesFromChart(
  matches: readonly FootprintMatch[],
  sources: readonly Source[],
  release: string,
  objects: readonly Rendered[],
): string[] {
  const rows = matches
    .filter(({ source, row }) => source.id === `Release ${release}` && workloads[row].kind !== "Sidecar")
    .map((match) => {
      const { requests } = podSettings(match, sources);
      const { cpuMillis, memoryMiB } = requests ?? { cpuMillis: 0, memoryMiB: 0 };
      return { name: match.row, pods: `${workloads[match.row].kind} of ${cpuMillis}m and ${memoryMiB}Mi` };
    });
  const reloader = sources.find(({ id }) => id === `Release ${release}`)?.body.prometheusOperator
    ?.prometheusConfigReloader;
  const made = objects.flatMap((object) => podsOf(object, reloader));
  return [
    ...without(made, rows).map(
      ({ name, pods }) => `${release}: the chart makes ${name}, ${pods}; no row says so`,
    ),
    ...without(rows, made).map(
      ({ name, pods }) => `${release}: row ${name} says ${pods}; the chart makes none`,
    ),
  ];
}

interface Pods {
  readonly name: string;
  /** Kind and requests in one word, to compare by. */
  readonly pods: string;
}

/** The workloads of an object; the operator of Prometheus makes StatefulSets of its own kinds, each with a reloader. */
function podsOf({ kind, metadata, spec }: Rendered, reloader: Rendered | undefined): Pods[] {
  if (kind === "Prometheus" || kind === "Alertmanager") {
    return [{ name: metadata.name, pods: `StatefulSet of ${sum([spec, reloader ?? {}])}` }];
  }
  if (!["Deployment", "StatefulSet", "DaemonSet"].includes(kind)) return [];
  return [{ name: metadata.name, pods: `${kind} of ${sum(spec.template.spec.containers)}` }];
}

function sum(containers: readonly Rendered[]): string {
  let [cpuMillis, memoryMiB] = [0, 0];
  for (const { resources } of containers) {
    cpuMillis += parseCpu(String(resources?.requests?.cpu ?? 0));
    memoryMiB += parseMemory(String(resources?.requests?.memory ?? 0));
  }
  return `${cpuMillis}m and ${memoryMiB}Mi`;
}

/** Those of `some` that have no equal in `others`, each equal counting once. */
function without(some: readonly Pods[], others: readonly Pods[]): Pods[] {
  const left = others.map(({ pods }) => pods);
  return some.filter(({ pods }) => {
    const index = left.indexOf(pods);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

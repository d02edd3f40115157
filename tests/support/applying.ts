/** A control plane with the definitions that the stacks need, and one stack's objects applied to it and taken away. */
import {
  ApiError,
  ApplyError,
  type ApplyOptions,
  type ControlPlane,
  type ControlPlaneOptions,
  type KubernetesObject,
  nameOf,
  startControlPlane,
} from "./control-plane/index.ts";
import { type Definitions, loadDefinitions } from "./definitions/load.ts";

/** `group/Kind`; the core group is empty. */
export function groupKind({ apiVersion, kind }: KubernetesObject): string {
  return `${apiVersion.includes("/") ? apiVersion.split("/")[0] : ""}/${kind}`;
}

/** The groups that an API server serves by itself have no dot, or are these. */
const builtInGroups = /^(autoscaling|apps|batch|policy|[a-z]+(\.[a-z]+)?\.k8s\.io)?$/;

export interface Judge {
  readonly plane: ControlPlane;
  readonly definitions: Definitions;
}

/**
 * Starts a control plane and installs the definitions of every kind of these objects that is not Kubernetes' own, and
 * of `more`, each as `group/Kind`.
 */
export async function startJudge(
  objects: readonly KubernetesObject[],
  options: ControlPlaneOptions = {},
  more: readonly string[] = [],
): Promise<Judge> {
  const plane = await startControlPlane(options);
  const blank: Judge = { plane, definitions: { definitions: [], leftOut: new Map(), notes: [] } };
  try {
    return await teach(blank, objects, more);
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

/** Installs the definitions of kinds that a judge does not know yet. */
export async function teach(
  { plane, definitions: known }: Judge,
  objects: readonly KubernetesObject[],
  more: readonly string[] = [],
): Promise<Judge> {
  const installed = new Set(known.definitions.map(({ spec }) => `${spec.group}/${spec.names.kind}`));
  const kinds = new Set(
    [...objects.map(groupKind).filter((kind) => !isBuiltIn(kind)), ...more].filter(
      (kind) => !installed.has(kind) && !known.leftOut.has(kind),
    ),
  );
  const found = await loadDefinitions(kinds);
  await plane.apply(found.definitions, { fieldValidation: "Ignore" });
  return {
    plane,
    definitions: {
      definitions: [...known.definitions, ...found.definitions],
      leftOut: new Map([...known.leftOut, ...found.leftOut]),
      notes: [...new Set([...known.notes, ...found.notes])],
    },
  };
}

function isBuiltIn(kind: string): boolean {
  return builtInGroups.test(kind.split("/")[0] as string);
}

export interface Verdict {
  readonly applied: number;
  readonly leftOut: readonly KubernetesObject[];
}

/**
 * Applies a stack's objects strictly. Throws with a line per object that was refused: stack, object, what the API
 * server says of which field.
 */
export async function applyStack(
  { plane, definitions }: Judge,
  stack: string,
  objects: readonly KubernetesObject[],
  options: ApplyOptions = {},
): Promise<Verdict> {
  const leftOut = objects.filter((object) => definitions.leftOut.has(groupKind(object)));
  const judged = objects.filter((object) => !leftOut.includes(object));
  try {
    return { applied: (await plane.apply(judged, options)).length, leftOut };
  } catch (error) {
    if (!(error instanceof ApplyError)) throw error;
    const lines = error.rejections.map(
      ({ object, error: { message } }) => `stack ${stack}: ${nameOf(object)}: ${message}`,
    );
    throw new Error(lines.join("\n"));
  }
}

/** Takes away what a stack applied, all but the namespaces: what cannot be changed must not meet the next stack's. */
export async function removeStack({ plane }: Judge, objects: readonly KubernetesObject[]): Promise<void> {
  await Promise.all(
    objects
      .filter(({ kind }) => kind !== "Namespace")
      .map((object) => plane.delete(object).catch(ignoreMissing)),
  );
}

/** What was refused, or has no definition, is not there to be taken away. */
function ignoreMissing(error: Error): void {
  if (error instanceof ApiError ? error.status !== 404 : !error.message.includes("has no kind")) throw error;
}

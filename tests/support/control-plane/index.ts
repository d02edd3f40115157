/** A real Kubernetes control plane for tests; see `start.ts`. */
export { ApiError, type KubernetesObject } from "./client.ts";
export { ControlPlaneError, PortTakenError } from "./component.ts";
export { type SimulatedNodeSpec, simulatedNode } from "./nodes.ts";
export { ApplyError, type ApplyOptions, nameOf, type Rejection } from "./resources.ts";
export type { Stage } from "./stages.ts";
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from "./start.ts";
export { DeadlineError, waitFor } from "./wait.ts";

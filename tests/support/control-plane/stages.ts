/** Where kwok's own stage files are: inside its Go module, at the version of the binary. */
import { join } from "node:path";
import { folderOfToolModule } from "../../../tools/go-modules.ts";

/** What kwok plays. `node` and `node-lease` keep nodes ready, `pod` makes every scheduled pod run. */
export const stageFiles = {
  node: ["node/fast/node-initialize.yaml"],
  "node-lease": ["node/heartbeat-with-lease/node-heartbeat-with-lease.yaml"],
  pod: ["pod/fast/pod-ready.yaml", "pod/fast/pod-complete.yaml", "pod/fast/pod-delete.yaml"],
  volume: [
    "volume/fast/pv-bind.yaml",
    "volume/fast/pv-delete.yaml",
    "volume/fast/pvc-delete.yaml",
    "volume/fast/pvc-provision.yaml",
  ],
  "pod-chaos": ["pod/chaos/pod-container-running-failed.yaml"],
} as const;

export type Stage = keyof typeof stageFiles;

export async function filesOfStages(stages: readonly Stage[]): Promise<string[]> {
  const folder = await folderOfToolModule("control-plane", "sigs.k8s.io/kwok");
  return stages.flatMap((stage) => stageFiles[stage].map((file) => join(folder, "kustomize", "stage", file)));
}

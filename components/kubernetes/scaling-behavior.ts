import type * as kubernetes from "@pulumi/kubernetes";
import type { ServiceScaling } from "../../services/catalog.ts";

type Behavior = kubernetes.types.input.autoscaling.v2.HorizontalPodAutoscalerBehavior;

/**
 * Growth at once by what the catalogue allows per period, the larger where it gives percent and pods. Shrinking by
 * 10 % per five minutes, from the highest need of the last five: the controller keeps the whole part of 90 %, so at
 * least one pod goes each time (3 → 2), never none.
 */
export function scalingBehavior({ scaleUp }: Pick<ServiceScaling, "scaleUp">): Behavior {
  const { percent, pods, periodSeconds } = scaleUp;
  return {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: "Max",
      policies: [
        { type: "Percent", value: percent, periodSeconds },
        ...(pods === undefined ? [] : [{ type: "Pods", value: pods, periodSeconds }]),
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: 300,
      selectPolicy: "Max",
      policies: [{ type: "Percent", value: 10, periodSeconds: 300 }],
    },
  };
}

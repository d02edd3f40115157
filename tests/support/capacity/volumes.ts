/** What the cloud's volume driver does: a volume for each claim, in the zone of the node that the scheduler chose. */
import type { ControlPlane, KubernetesObject } from "../control-plane/index.ts";
import { zoneLabel, zoneOf } from "./nodes.ts";

const pauseMillis = 200;
const chosenNode = "volume.kubernetes.io/selected-node";

/** Serves claims until it is told to stop; the first error ends it and is thrown by `stop`. */
export class VolumeDriver {
  readonly #plane: ControlPlane;
  readonly #made = new Set<string>();
  readonly #ended: Promise<void>;
  #stopping = false;
  #failure: unknown;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
    this.#ended = this.#serve();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#ended;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #serve(): Promise<void> {
    try {
      while (!this.#stopping) {
        const claims = await this.#plane.list("v1", "PersistentVolumeClaim");
        await Promise.all(claims.filter((claim) => this.#waits(claim)).map((claim) => this.#make(claim)));
        await new Promise((resume) => setTimeout(resume, pauseMillis));
      }
    } catch (error) {
      this.#failure = error;
    }
  }

  #waits({ metadata, spec }: KubernetesObject): boolean {
    return (
      spec.volumeName === undefined &&
      metadata.annotations?.[chosenNode] !== undefined &&
      !this.#made.has(String(metadata.uid))
    );
  }

  async #make({ metadata, spec }: KubernetesObject): Promise<void> {
    const uid = String(metadata.uid);
    this.#made.add(uid);
    const node = await this.#plane.get("v1", "Node", metadata.annotations?.[chosenNode] as string);
    const inZone = { key: zoneLabel, operator: "In", values: [zoneOf(node)] };
    await this.#plane.apply([
      {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: `pvc-${uid}` },
        spec: {
          capacity: { storage: spec.resources.requests.storage },
          accessModes: spec.accessModes,
          storageClassName: spec.storageClassName,
          persistentVolumeReclaimPolicy: "Retain",
          claimRef: {
            apiVersion: "v1",
            kind: "PersistentVolumeClaim",
            name: metadata.name,
            namespace: metadata.namespace,
            uid,
          },
          csi: { driver: "ebs.csi.aws.com", volumeHandle: `vol-${uid}` },
          nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [inZone] }] } },
        },
      },
    ]);
  }
}

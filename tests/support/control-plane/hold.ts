/** Starts a control plane, says where it is, and stays: the process that the tests of the harness interrupt. */
import { startControlPlane } from "./index.ts";

const plane = await startControlPlane();
console.log(JSON.stringify({ folder: plane.folder, pids: [plane.pid("etcd"), plane.pid("kube-apiserver")] }));
setInterval(() => undefined, 1000);

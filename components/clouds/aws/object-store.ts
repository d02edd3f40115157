import type * as pulumi from "@pulumi/pulumi";
import type { ObjectStoreOutputs, ObjectStoreSpec } from "../contract.ts";
import { createBucket } from "./bucket.ts";
import type { AwsEnvironment } from "./environment.ts";
import { createReplication } from "./replication.ts";

/** A private, versioned bucket under the platform's key, with a copy in the recovery region where asked for. */
export function createObjectStore(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ObjectStoreSpec,
  environment: AwsEnvironment,
): ObjectStoreOutputs {
  const bucketName = `${name}-${spec.purpose}`;
  const main = createBucket(parent, bucketName, spec, spec.encryption.key);
  const replicated = spec.replicate ? createReplication(parent, bucketName, spec, environment, main) : [];
  return {
    bucket: main.bucket.bucket,
    reference: main.bucket.arn,
    region: environment.region,
    endpoint: undefined,
    credentialsSecret: undefined,
    ready: [...main.settings, ...replicated],
  };
}

import type { Pack } from "../../shared/rule.ts";
import { awsBucketRules } from "./rules/aws-buckets.ts";
import { awsComputeRules } from "./rules/aws-compute.ts";
import { awsDatabaseTlsRules } from "./rules/aws-database-tls.ts";
import { awsStoreRules } from "./rules/aws-stores.ts";
import { azureRules } from "./rules/azure.ts";
import { gcpRules } from "./rules/gcp.ts";
import { ingressRules } from "./rules/ingress.ts";
import { exposureRules } from "./rules/kubernetes-exposure.ts";
import { storageClassRules } from "./rules/kubernetes-storage.ts";
import { kubernetesTransitRules } from "./rules/kubernetes-transit.ts";
import { plaintextRules } from "./rules/plaintext.ts";

export const encryption: Pack = {
  name: "llm-marketplace-encryption",
  folder: "encryption",
  description:
    "Data is encrypted at rest under customer keys and in transit, stores are out of the internet's reach, and no secret stands in the clear.",
  rules: [
    ...awsStoreRules,
    ...awsDatabaseTlsRules,
    ...awsBucketRules,
    ...awsComputeRules,
    ...gcpRules,
    ...azureRules,
    ...ingressRules,
    ...storageClassRules,
    ...kubernetesTransitRules,
    ...exposureRules,
    ...plaintextRules,
  ],
};

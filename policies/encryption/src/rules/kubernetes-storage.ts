import { nist } from "../../../shared/frameworks.ts";
import type { Rule } from "../../../shared/rule.ts";
import { textsOf } from "../../../shared/settings.ts";
import { expectProperty, finding, read } from "../../../shared/value.ts";
import { isCustomerKey } from "../forms.ts";

const storageClass = "kubernetes:storage.k8s.io/v1:StorageClass";

/** By which parameter each driver takes the customer key of the volumes that it makes. */
const keyParameters: Readonly<Record<string, string>> = {
  "ebs.csi.aws.com": "kmsKeyId",
  "ebs.csi.eks.amazonaws.com": "kmsKeyId",
  "pd.csi.storage.gke.io": "disk-encryption-kms-key",
  "filestore.csi.storage.gke.io": "instance-encryption-kms-key",
  "disk.csi.azure.com": "diskEncryptionSetID",
};
/** Drivers that encrypt only when told to; the others always do. */
const switched = ["ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com"];

/** Volumes are made by storage classes long after the plan, so the classes are judged. */
export const storageClassRules: readonly Rule[] = [
  {
    name: "kubernetes-storageclass-encryption",
    kind: "resource",
    types: [storageClass],
    description:
      "A storage class must make encrypted volumes, so that a lost disk or a leaked snapshot tells nothing.",
    severity: "high",
    frameworks: [nist("SC-28(1)")],
    remediation:
      'Set parameters.encrypted to "true". A class cannot be changed: it is replaced, and existing volumes stay as they are until their data is moved.',
    check: (resource) => {
      const driver = read(resource.props, "provisioner");
      if (driver.state !== "value" || !switched.includes(String(driver.value))) return [];
      return expectProperty(resource, "parameters.encrypted", (value) => String(value) === "true", {
        required: '"true"',
        fix: 'set parameters.encrypted to "true"',
      });
    },
  },
  {
    name: "kubernetes-storageclass-customer-key",
    kind: "resource",
    types: [storageClass],
    description:
      "A storage class must make volumes under a customer key, so that the key's owner decides who can read the data and can end that.",
    severity: "high",
    frameworks: [nist("SC-28(1)")],
    remediation:
      "Use a driver that encrypts, and set its parameter for the key. A class cannot be changed: it is replaced, and existing volumes stay as they are until their data is moved.",
    settings: {
      encryptedElsewhere: {
        type: "strings",
        default: [],
        description:
          "Provisioners whose volumes lie on disks that are encrypted under a customer key beneath them.",
      },
    },
    check: (resource, context) => {
      const driver = read(resource.props, "provisioner");
      const drivers = Object.keys(keyParameters);
      if (driver.state === "value" && textsOf(context, "encryptedElsewhere").includes(String(driver.value)))
        return [];
      const parameter = driver.state === "value" ? keyParameters[String(driver.value)] : undefined;
      if (parameter === undefined) {
        return [
          finding(resource, "provisioner", {
            required: `a driver that takes a customer key (${drivers.join(", ")})`,
            fix: "use such a driver, or list the provisioner in encryptedElsewhere",
          }),
        ];
      }
      return expectProperty(resource, `parameters.${parameter}`, isCustomerKey, {
        required: "a customer key",
        fix: `set parameters.${parameter} to a customer key`,
      });
    },
  },
];

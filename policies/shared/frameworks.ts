import type { FrameworkReference } from "./rule.ts";

/**
 * Published controls that rules refer to. Checked on 2026-11-23 against turbot/steampipe-mod-aws-compliance (FSBP),
 * aquasecurity/kube-bench cfg/eks-1.8.0 and the GCP and Azure compliance mods of the same publisher.
 */
const framework =
  (name: string, version: string) =>
  (control: string): FrameworkReference => ({ name, version, control });

/** The standard of AWS Security Hub that needs no configuration. */
export const fsbp = framework("AWS Foundational Security Best Practices", "1.0.0");
/** Controls of AWS Security Hub that belong to other standards than FSBP. */
export const securityHub = framework("AWS Security Hub CSPM controls", "2026-11");
export const cisEks = framework("CIS Amazon EKS Benchmark", "1.8.0");
export const cisGcp = framework("CIS Google Cloud Platform Foundation Benchmark", "4.0.0");
export const cisAzure = framework("CIS Microsoft Azure Foundations Benchmark", "5.0.0");
export const podSecurity = framework("Kubernetes Pod Security Standards", "1.35");
/**
 * NIST SP 800-53: SC-7 boundary protection, SC-8 confidentiality in transit, SC-12 key management, SC-28 protection
 * at rest, IA-5(7) no embedded authenticators; CM-2 baseline configuration, CP-6(1) storage site apart from the first,
 * CP-9 backup, CP-10 recovery, SA-22 unsupported components, SC-5(2) capacity and redundancy, SC-6 resource
 * availability, SC-36 distributed processing and storage, SI-13(5) failover.
 */
export const nist = framework("NIST SP 800-53", "Rev. 5");
/** Questions (`REL10`) and best practices (`REL09-BP03`) of the reliability pillar, by the framework of 2022-03-31. */
export const wellArchitected = framework("AWS Well-Architected Framework, reliability pillar", "2022-03-31");

/**
 * Letters of the zones in which the platform may stand, in the order in which they are used. Zones that EKS refuses
 * for its control plane are left out (zone ids use1-az3, usw1-az2, cac1-az3: EKS user guide, "network
 * requirements"); us-east-1e is use1-az3 in most accounts. AWS maps letters to zone ids per account: where an
 * account's map differs, EKS says so when the cluster is created, and the letter is left out here.
 * Sources: EC2 DescribeAvailabilityZones as recorded by getmoto/moto `ec2/models/availability_zones_and_regions.py`,
 * read 2026-11-23.
 */
export const regions: Readonly<Record<string, readonly string[]>> = {
  "af-south-1": ["a", "b", "c"],
  "ap-east-1": ["a", "b", "c"],
  "ap-northeast-1": ["a", "c", "d"],
  "ap-northeast-2": ["a", "b", "c", "d"],
  "ap-northeast-3": ["a", "b", "c"],
  "ap-south-1": ["a", "b", "c"],
  "ap-southeast-1": ["a", "b", "c"],
  "ap-southeast-2": ["a", "b", "c"],
  "ap-southeast-3": ["a", "b", "c"],
  "ca-central-1": ["a", "b", "d"],
  "eu-central-1": ["a", "b", "c"],
  "eu-central-2": ["a", "b", "c"],
  "eu-north-1": ["a", "b", "c"],
  "eu-south-1": ["a", "b", "c"],
  "eu-west-1": ["a", "b", "c"],
  "eu-west-2": ["a", "b", "c"],
  "eu-west-3": ["a", "b", "c"],
  "me-south-1": ["a", "b", "c"],
  "sa-east-1": ["a", "b", "c"],
  "us-east-1": ["a", "b", "c", "d", "f"],
  "us-east-2": ["a", "b", "c"],
  "us-west-1": ["b", "c"],
  "us-west-2": ["a", "b", "c", "d"],
};

/** Names of the first `count` zones of a known region, `us-east-1a` first. */
export function zoneNames(region: string, count: number): string[] {
  return (regions[region] ?? []).slice(0, count).map((letter) => `${region}${letter}`);
}

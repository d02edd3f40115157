/**
 * IPv4 ranges: reading, comparing, and cutting a network into its subnets. Pure arithmetic; what is wrong with a
 * range comes back as a sentence, for the caller to say where it stood.
 */

/** An IPv4 range: first address as an unsigned 32-bit number, and the length of the prefix in bits. */
export interface Ipv4Range {
  readonly first: number;
  readonly prefix: number;
}

/** Subnets by tier, one of each tier per zone, in the order of the zones. */
export interface SubnetPlan {
  readonly public: readonly string[];
  readonly private: readonly string[];
  readonly data: readonly string[];
}

/** The smallest subnet that AWS accepts: 16 addresses. */
export const longestSubnetPrefix = 28;

/** Addresses of every subnet that AWS keeps for itself (network, router, DNS, future use, broadcast). */
export const reservedAddresses = 5;

/** Reads `10.20.0.0/16`; a string says what is wrong with it. */
export function parseRange(text: string): Ipv4Range | string {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return "it is not an IPv4 range";
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  if ([a, b, c, d].some((octet) => octet > 255)) return "a part of the address is over 255";
  if (prefix > 32) return "the prefix is over 32 bits";
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = firstAddress(address, prefix);
  if (first !== address) {
    return `the address has bits beyond its prefix; the range is ${formatRange({ first, prefix })}`;
  }
  return { first, prefix };
}

/** `10.20.0.0/16` as text. */
export function formatRange(range: Ipv4Range): string {
  const octets = [24, 16, 8, 0].map((shift) => (range.first >>> shift) & 255);
  return `${octets.join(".")}/${range.prefix}`;
}

/** Number of addresses of a range. */
export function size(range: Ipv4Range): number {
  return 2 ** (32 - range.prefix);
}

/** Whether two ranges share an address. */
export function overlap(one: Ipv4Range, other: Ipv4Range): boolean {
  return one.first < other.first + size(other) && other.first < one.first + size(one);
}

/** Whether `outer` holds every address of `inner`. */
export function contains(outer: Ipv4Range, inner: Ipv4Range): boolean {
  return inner.first >= outer.first && inner.first + size(inner) <= outer.first + size(outer);
}

/**
 * Cuts a network into three subnets a zone. The first half is private (nodes and pods take an address each), the
 * third quarter public (load balancers and NAT), the last quarter data. Each part is cut for the next power of two
 * of zones, so that a fourth zone beside three moves nothing. Throws a `RangeError` where a subnet would be under
 * 16 addresses: check first with {@link smallestNetworkPrefix}.
 */
export function planSubnets(network: string, zones: number): SubnetPlan {
  const range = parseRange(network);
  if (typeof range === "string") throw new RangeError(`${network}: ${range}`);
  const bits = zoneBits(zones);
  if (range.prefix + 2 + bits > longestSubnetPrefix) {
    throw new RangeError(`${network}: too small for three subnets in each of ${zones} zones`);
  }
  const half = { first: range.first, prefix: range.prefix + 1 };
  const thirdQuarter = { first: range.first + size(range) / 2, prefix: range.prefix + 2 };
  const lastQuarter = { first: thirdQuarter.first + size(thirdQuarter), prefix: range.prefix + 2 };
  return {
    public: cut(thirdQuarter, bits, zones),
    private: cut(half, bits, zones),
    data: cut(lastQuarter, bits, zones),
  };
}

/** The longest network prefix that {@link planSubnets} can cut for so many zones. */
export function smallestNetworkPrefix(zones: number): number {
  return longestSubnetPrefix - 2 - zoneBits(zones);
}

/** Addresses for nodes and pods in each zone's private subnet. */
export function privateAddressesPerZone(network: Ipv4Range, zones: number): number {
  return 2 ** (32 - network.prefix - 1 - zoneBits(zones)) - reservedAddresses;
}

function zoneBits(zones: number): number {
  return Math.ceil(Math.log2(zones));
}

function cut(range: Ipv4Range, bits: number, count: number): string[] {
  const prefix = range.prefix + bits;
  return Array.from({ length: count }, (_, index) =>
    formatRange({ first: range.first + index * 2 ** (32 - prefix), prefix }),
  );
}

function firstAddress(address: number, prefix: number): number {
  const block = 2 ** (32 - prefix);
  return Math.floor(address / block) * block;
}

/** Addresses of Services. Set on the cluster, so that EKS does not choose by itself; never inside the network. */
export const serviceCidr = "172.20.0.0/16";

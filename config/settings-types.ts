import type {
  ApiAccess,
  CloudName,
  NatMode,
  NodePoolSpec,
  TopicSpec,
} from "../components/clouds/contract.ts";
import type { PlatformContext } from "../components/core/context.ts";
import type { RateLimits } from "../components/core/rate-limits.ts";
import type { ServiceDefinition } from "../services/catalog.ts";
import type { DataConfig, KafkaConfig } from "./schema/stores.ts";

/**
 * What `index.ts` hands to the components: the resolved configuration in the components' own words, the same form
 * on every cloud. Built once by `settings.ts`; nothing below reads configuration again.
 */
export interface PlatformSettings {
  readonly context: PlatformContext;
  /** The cloud and what only that cloud needs. */
  readonly target: AwsTarget | LocalTarget;
  readonly network: {
    readonly cidr: string;
    readonly zones: readonly string[];
    readonly nat: NatMode;
    readonly flowLogRetentionDays: number;
    readonly interfaceEndpoints: readonly string[];
  };
  readonly cluster: {
    readonly kubernetesVersion: string;
    readonly pools: readonly NodePoolSpec[];
    readonly apiAccess: ApiAccess;
    readonly auditLogRetentionDays: number;
    readonly administrators: readonly string[];
  };
  readonly identity: TokenIssuer;
  /** Copies of the control-plane-like parts (istiod, gateway, webhooks): 1 in dev and local, 2 in staging, 3 in production. */
  readonly mesh: { readonly replicas: number; readonly rateLimits: RateLimits };
  readonly delivery: { readonly replicas: number; readonly requestScaling: boolean };
  readonly data: DataConfig;
  readonly messaging: { readonly kafka: KafkaConfig; readonly topics: readonly TopicSpec[] };
  readonly observability: {
    readonly replicas: number;
    readonly prometheusStorageGiB: number;
    readonly prometheusRetentionDays: number;
    readonly lokiStorageGiB: number;
    readonly logRetentionDays: number;
    readonly traceSamplingPercent: number;
    readonly cloudTraces: boolean;
    readonly cloudLogRetentionDays: number;
  };
  readonly backup: {
    readonly retentionDays: number;
    readonly hourlyRetentionHours: number;
    readonly crossRegionCopies: boolean;
  };
  readonly services: readonly ServiceSettings[];
}

/** Who issues the access tokens that callers bring, and how they are checked. */
export interface TokenIssuer {
  /** Claim `iss` of every token, to the letter. */
  readonly issuer: string;
  /** What the claim `aud` contains. */
  readonly audience: string;
  /** Where the issuer publishes its keys. */
  readonly jwksUrl: string;
}

export interface AwsTarget {
  readonly cloud: Extract<CloudName, "aws">;
  readonly region: string;
  readonly drRegion: string;
}

export interface LocalTarget {
  readonly cloud: Extract<CloudName, "local">;
  readonly kubeContext: string;
  readonly storageProvisioner: string;
  readonly registry: string;
}

/** A service of the catalogue with this stack's replicas and image tag. */
export interface ServiceSettings extends ServiceDefinition {
  /** Image tag, never `latest`. */
  readonly version: string;
}

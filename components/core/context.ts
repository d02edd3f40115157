/** The environments the platform knows; each has a row in the table of defaults. */
export const environments = ["local", "dev", "staging", "production"] as const;
export type Environment = (typeof environments)[number];

/** What every component needs to know of the stack it belongs to. Plain values: nothing here is computed. */
export interface PlatformContext {
  /** Name of the Pulumi project, the first part of every physical name. */
  readonly project: string;
  /** Name of the stack, unique in an organisation's account. */
  readonly stack: string;
  readonly environment: Environment;
  /** Team that answers for the stack, as a label value. */
  readonly owner: string;
  /** Where the bill goes, as a label value. */
  readonly costCentre: string;
  /** DNS name under which the platform is reached, without a trailing dot. */
  readonly domain: string;
  /** Whether what holds data is protected from deletion (staging and production). */
  readonly protectData: boolean;
}

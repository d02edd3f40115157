import type { PlatformSettings } from "../../config/settings-types.ts";
import type { Cloud } from "./contract.ts";

/**
 * The cloud of a stack. Each is loaded only when it is chosen, so that one cloud's SDK is never read for another.
 */
export async function createCloud(settings: PlatformSettings): Promise<Cloud> {
  const { context, target } = settings;
  switch (target.cloud) {
    case "aws": {
      const { create } = await import("./aws/index.ts");
      return create({ context, target });
    }
    case "local": {
      const { create } = await import("./local/index.ts");
      return create({ context, target });
    }
    default:
      return target satisfies never;
  }
}

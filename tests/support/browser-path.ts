/** Where the browser of the tests is. Apart from browser.ts, so that who only asks need not load playwright. */
import { existsSync } from "node:fs";

/** Path of the browser: CHROMIUM, or where Debian puts it. */
export const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why there is no browser; undefined where there is one. */
export function missingBrowser(): string | undefined {
  if (existsSync(chromiumPath)) return undefined;
  return `no Chromium at ${chromiumPath}; run "make debian" as root, or set CHROMIUM`;
}

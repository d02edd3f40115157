/** Debian's Chromium, driven by playwright-core, cut off from everything but the files of a test. */
import { type Browser, chromium } from "playwright-core";
import { chromiumPath, missingBrowser } from "./browser-path.ts";

export async function launchBrowser(): Promise<Browser> {
  const missing = missingBrowser();
  if (missing !== undefined) throw new Error(missing);
  // Without these the browser looks for updates and hosts of its maker at every start.
  const quiet = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", ...quiet],
  });
}

/**
 * Loaded before a program (`node --import`): writes the packages whose modules were loaded, by `import` or by
 * `require`, to the file that LOADED_PACKAGES names. A module counts with the package that it belongs to; a file
 * of a package's top folder counts as `<package>/.` as well.
 */
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

const packages = new Set<string>();

registerHooks({
  load(url, context, nextLoad) {
    const path = url.split("/node_modules/").at(-1) ?? "";
    const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(path) ?? [];
    if (url.includes("/node_modules/") && name !== undefined) {
      packages.add(name);
      if (rest === "index.js") packages.add(`${name}/.`);
    }
    return nextLoad(url, context);
  },
});

process.on("exit", () => {
  if (process.env.LOADED_PACKAGES)
    writeFileSync(process.env.LOADED_PACKAGES, JSON.stringify([...packages].sort()));
});

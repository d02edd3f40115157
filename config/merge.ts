/** A value of JSON: all that configuration can be before it is checked. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * What the user wrote over the defaults. Objects are merged key by key; everything else is replaced whole, lists
 * too. Where the user names another `mode` than the default's, nothing of the default is kept: keys of one mode
 * mean nothing in another. No key is lost, `__proto__` included, so that the schema can refuse it.
 */
export function merge(base: Json | undefined, own: Json): Json {
  if (!isObject(base) || !isObject(own)) return own;
  const otherMode = Object.hasOwn(own, "mode") && Object.hasOwn(base, "mode") && own.mode !== base.mode;
  if (otherMode) return own;
  const keys = [...new Set([...Object.keys(base), ...Object.keys(own)])];
  const entries = keys.map((key): [string, Json] => {
    const before = Object.hasOwn(base, key) ? base[key] : undefined;
    return Object.hasOwn(own, key) ? [key, merge(before, own[key] as Json)] : [key, before as Json];
  });
  // fromEntries defines properties; assigning `result.__proto__` would swap the prototype instead.
  return Object.fromEntries(entries);
}

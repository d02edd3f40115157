/** An image reference in its parts: `registry:5000/team/redis:7.2.16@sha256:…`. */
export interface Image {
  /** Last part of the repository: `redis`. */
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

export function parseImage(reference: string): Image {
  const [path = "", digest] = reference.split("@");
  const last = path.slice(path.lastIndexOf("/") + 1);
  const [name = "", tag] = last.split(":");
  return { name, tag, digest };
}

/** A digest names one image for good. */
const digestPattern = /^sha256:[0-9a-f]{64}$/;
/** A whole version, a build's day, or a commit: three numbers, eight digits, or seven hexadecimal ones with a letter. */
const exactPattern = /\d+\.\d+\.\d+|\d{8,}|\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b/;

/** Whether a tag names one build rather than whatever is newest in a line. */
export function isExactTag(tag: string, floating: readonly string[]): boolean {
  return exactPattern.test(tag) && !tag.split(/[-_.]/).some((part) => floating.includes(part));
}

export function isPinned(reference: string, floating: readonly string[]): boolean {
  const { tag, digest } = parseImage(reference);
  if (digest !== undefined) return digestPattern.test(digest);
  return tag !== undefined && isExactTag(tag, floating);
}

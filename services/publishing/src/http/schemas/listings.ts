import { type Static, Type } from "typebox";
import { categories, kinds, statuses } from "../../domain/listing.ts";
import { lineOf, moment, nullable, proseOf, reference, strict, uuid } from "./common.ts";

const word = "^[a-z0-9]+(-[a-z0-9]+)*$";
const whole = (maximum: number) => Type.Integer({ minimum: 0, maximum });

export const Status = Type.Enum(statuses);
export const Kind = Type.Enum(kinds);

const details = {
  name: lineOf(3, 100),
  slug: Type.String({
    minLength: 1,
    maxLength: 100,
    pattern: word,
    description: "Unique in the organisation; made of the name where absent.",
  }),
  summary: lineOf(1, 280),
  description: proseOf(0, 20_000),
  tags: Type.Array(Type.String({ minLength: 1, maxLength: 40, pattern: word }), {
    maxItems: 20,
    uniqueItems: true,
  }),
  categories: Type.Array(Type.Enum(categories), { maxItems: 5, uniqueItems: true }),
  licence: lineOf(1, 64, "An SPDX identifier, or a name."),
};

export const NewListing = Type.Object(
  {
    kind: Kind,
    name: details.name,
    slug: Type.Optional(details.slug),
    summary: details.summary,
    description: Type.Optional(details.description),
    tags: Type.Optional(details.tags),
    categories: Type.Optional(details.categories),
    licence: details.licence,
  },
  {
    ...strict,
    examples: [
      { kind: "model", name: "Small Talk 7B", summary: "Chats about anything.", licence: "Apache-2.0" },
    ],
  },
);
export type NewListing = Static<typeof NewListing>;

export const ListingChanges = Type.Partial(Type.Object(details), { ...strict, minProperties: 1 });

// Names that DNS can hold and admin can approve: no address, no user, no other port than HTTPS's own.
const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const endpointUrl = `^https://(${label}\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?(/[A-Za-z0-9._~/-]*)?$`;

const endpointOf = <P extends string>(protocol: P, url: string, description: string) =>
  Type.Object(
    {
      url: Type.String({ minLength: 5, maxLength: 500, pattern: url, description }),
      protocol: Type.Literal(protocol),
      model: lineOf(1, 200, "The model's name at the provider."),
      timeoutSeconds: Type.Integer({ minimum: 1, maximum: 300 }),
    },
    strict,
  );

export const Endpoint = Type.Union([
  endpointOf("openai-chat", endpointUrl, "An https address with a lower-case host name."),
  endpointOf(
    "echo",
    "^echo:([?](delayMs|tokens|failPercent)=[0-9]{1,6}(&(delayMs|tokens|failPercent)=[0-9]{1,6}){0,2})?$",
    "The provider built into consumption, with how it behaves (`echo:?delayMs=20&tokens=16`); not in production.",
  ),
]);

export const Pricing = Type.Object(
  {
    inputUsdMicrosPerThousandTokens: whole(1_000_000_000),
    outputUsdMicrosPerThousandTokens: whole(1_000_000_000),
  },
  strict,
);

const semanticVersion = "^(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})$";
const sha256 = Type.String({ pattern: "^[0-9a-f]{64}$" });

export const NewRelease = Type.Object(
  {
    number: Type.String({ pattern: semanticVersion, description: "Newer than every release before." }),
    notes: Type.Optional(proseOf(0, 5_000)),
    endpoint: Type.Optional(nullable(Endpoint)),
    pricing: Pricing,
    artefactSha256: Type.Optional(nullable(sha256)),
  },
  {
    ...strict,
    examples: [
      {
        number: "1.0.0",
        endpoint: {
          url: "https://models.provider.dev/v1/chat/completions",
          protocol: "openai-chat",
          model: "small-talk-7b",
          timeoutSeconds: 60,
        },
        pricing: { inputUsdMicrosPerThousandTokens: 150, outputUsdMicrosPerThousandTokens: 600 },
      },
    ],
  },
);

export const Decision = Type.Union([
  Type.Object(
    { decision: Type.Literal("approve"), reason: Type.Optional(nullable(proseOf(1, 2_000))) },
    strict,
  ),
  Type.Object({ decision: Type.Literal("reject"), reason: proseOf(1, 2_000, "The owner reads it.") }, strict),
]);

export const Suspension = Type.Object({ reason: proseOf(1, 2_000, "The owner reads it.") }, strict);

export const Release = Type.Object(
  {
    number: Type.String(),
    notes: Type.String(),
    createdAt: moment(),
    publishedAt: nullable(moment()),
    endpoint: nullable(
      Type.Object(
        {
          url: Type.String(),
          protocol: Type.Enum(["openai-chat", "echo"]),
          model: Type.String(),
          timeoutSeconds: Type.Integer(),
        },
        strict,
      ),
    ),
    pricing: Pricing,
    artefact: nullable(
      Type.Object({ sha256, sizeBytes: Type.Integer({ minimum: 1 }), mediaType: Type.String() }, strict),
    ),
  },
  { ...strict, $id: "Release" },
);

export const Listing = Type.Object(
  {
    id: uuid(),
    orgId: uuid(),
    version: Type.Integer({ minimum: 1 }),
    status: Status,
    kind: Kind,
    ...details,
    rejectionReason: nullable(Type.String()),
    suspensionReason: nullable(Type.String()),
    createdAt: moment(),
    updatedAt: moment(),
    publishedAt: nullable(moment()),
    release: nullable(reference("Release")),
  },
  { ...strict, $id: "Listing" },
);

export const ReleaseList = Type.Object({ items: Type.Array(reference("Release")) }, strict);

// SPDX-License-Identifier: Apache-2.0
// What a route answers, said once: the OpenAPI document is made from it, and the tests hold every
// answer against it.

/** A JSON schema (2020-12), as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

/** One status of a route. */
export type RouteAnswer = {
  readonly description: string;
  /** Media type to the schema of what it carries; empty where there is no body. */
  readonly content: Readonly<Record<string, Schema>>;
};

export type RouteAnswers = Readonly<Record<number, RouteAnswer>>;

/** A schema that is defined once in the document, by name. */
export function named(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

export function json(description: string, schema: Schema): RouteAnswer {
  return { description, content: { 'application/json': schema } };
}

export function text(description: string): RouteAnswer {
  return { description, content: { 'text/plain': { type: 'string' } } };
}

/** Bytes of another form than JSON. */
export function file(description: string, mediaType: string): RouteAnswer {
  return { description, content: { [mediaType]: {} } };
}

export function problemAnswer(description: string): RouteAnswer {
  return { description, content: { 'application/problem+json': named('Problem') } };
}

/** Closed: what is not listed here is not answered. All of it is there, but for `optional`. */
export function closed(
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): Schema {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    additionalProperties: false,
  };
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

export const count: Schema = { type: 'integer', minimum: 0 };
export const texts: Schema = { type: 'string' };
export const nullableText: Schema = { type: ['string', 'null'] };
export const time: Schema = { type: 'string', description: 'ISO 8601, UTC' };
export const chainId: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
export const keyId: Schema = { type: 'string', pattern: '^[0-9a-f]{16}$' };
/** Never a float: digits as they were measured or reckoned. */
export const decimal: Schema = { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$' };
export const nullableDecimal: Schema = { type: ['string', 'null'], pattern: decimal.pattern };
export const base64: Schema = { type: 'string', contentEncoding: 'base64' };
export const cursor: Schema = {
  type: ['string', 'null'],
  description: 'of the page that follows; null where this was the last',
};

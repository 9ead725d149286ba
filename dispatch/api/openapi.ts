// SPDX-License-Identifier: Apache-2.0
// The OpenAPI 3.1 document of the API, made from the routes that answer: what is not in it is not
// served, and what is served is in it.

import { assert } from '../../base/assert.ts';
import { limits } from '../../base/limits.ts';
import { version } from '../../host/version.ts';
import type { ApiRoute } from './access.ts';
import { json, problemAnswer, type RouteAnswer, type RouteAnswers } from './answer-schema.ts';
import { rolesWith } from './rights.ts';
import { schemas } from './schemas.ts';

/** The route of the document; it is in it, too. */
export function openApiRoute(others: readonly ApiRoute[]): ApiRoute {
  let document: object | undefined;
  const route: ApiRoute = {
    method: 'GET',
    path: '/api/v1/openapi.json',
    operation: 'getOpenApi',
    right: 'open',
    description: 'This document: OpenAPI 3.1.',
    keeping: 'ask-again',
    answers: { 200: json('The document.', { type: 'object' }) },
    handler: () => {
      document ??= openApi([...others, route]);
      return { status: 200, body: document };
    },
  };
  return route;
}

export function openApi(routes: readonly ApiRoute[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes.flatMap(shapesOf)) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    const methods = paths[path] ?? {};
    paths[path] = { ...methods, [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tieline dispatch node',
      version: version(),
      summary: 'Sidechains, their summaries and the proofs of them.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'this node' }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: '`tieline dispatch token` makes it.',
        },
        certificate: {
          type: 'mutualTLS',
          description:
            'A client certificate that `tieline dispatch token --certificate` has bound.',
        },
      },
    },
  };
}

/** No template of OpenAPI holds a slash: each shape of such a path is one of its own. */
function shapesOf(route: ApiRoute): readonly ApiRoute[] {
  assert(route.path.endsWith('*') === (route.shapes !== undefined), 'the shapes of a * are said');
  const { shapes, operation } = route;
  return shapes === undefined
    ? [route]
    : shapes.map(({ suffix, ...shape }) => ({ ...route, ...shape, operation: operation + suffix }));
}

function operationOf(route: ApiRoute): object {
  const { operation, description, right, bodySchema } = route;
  const needs =
    right === 'open'
      ? 'Answered to everybody.'
      : `For ${rolesWith(right)
          .map((role) => `\`${role}\``)
          .join(', ')}.`;
  return {
    operationId: operation,
    summary: description,
    description: needs,
    parameters: [
      ...parametersOf(route.paramsSchema, 'path'),
      ...parametersOf(route.querySchema, 'query'),
    ],
    ...(bodySchema === undefined
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: bodySchema } } },
        }),
    responses: Object.fromEntries(
      Object.entries(allAnswers(route)).map(([status, answer]) => [status, responseOf(answer)]),
    ),
    security: right === 'open' ? [] : [{ token: [] }, { certificate: [] }],
  };
}

type ObjectSchema = {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
  readonly required?: readonly string[];
};

function parametersOf(schema: ObjectSchema | undefined, place: 'path' | 'query'): object[] {
  return Object.entries(schema?.properties ?? {}).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || (schema?.required ?? []).includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

/** Its own answers, and those that the door and the shell give for every route. */
function allAnswers(route: ApiRoute): RouteAnswers {
  const takes = [route.paramsSchema, route.querySchema, route.bodySchema];
  const isJudged = takes.some((schema) => schema !== undefined);
  return {
    ...(route.keeping === undefined ? {} : { 304: empty('It is as If-None-Match has it.') }),
    ...(isJudged ? { 400: problemAnswer('A parameter or the body has not its form.') } : {}),
    ...(route.right === 'open' ? {} : doorAnswers),
    ...(route.bodySchema === undefined
      ? {}
      : {
          413: problemAnswer('The body is too large.'),
          415: problemAnswer('The body is no JSON.'),
        }),
    429: problemAnswer(
      `More than ${limits.apiRequestsPerSecond} requests a second: see \`Retry-After\`.`,
    ),
    500: problemAnswer('It failed here; the log says why.'),
    503: problemAnswer('Not possible at the moment: see `Retry-After`.'),
    ...route.answers,
  };
}

const doorAnswers: RouteAnswers = {
  401: problemAnswer('No token and no certificate that is known here.'),
  403: problemAnswer('It is for something else.'),
};

function empty(description: string): RouteAnswer {
  return { description, content: {} };
}

function responseOf({ description, content }: RouteAnswer): object {
  return {
    description,
    ...(Object.keys(content).length === 0
      ? {}
      : {
          content: Object.fromEntries(
            Object.entries(content).map(([type, schema]) => [type, { schema }]),
          ),
        }),
  };
}

// SPDX-License-Identifier: Apache-2.0
// The HTTP shell: routes are plain data, answered here by fastify. It judges parameters before a handler sees
// them and turns every failure into a problem document. No access control: bind it to the loopback address.

import type { AddressInfo } from 'node:net';
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { messageOf, TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { type HttpResponse, problem } from './http-problem.ts';
import type { Log } from './log.ts';
import { schemaProblems } from './schema-problem.ts';

export type HttpRequest = {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
};

export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Parameters as `:name`. */
  readonly path: string;
  /** One sentence for the readers of the API. */
  readonly description: string;
  /**
   * JSON schemas of objects. Closed ones refuse unknown parameters; texts are turned into numbers
   * by them.
   */
  readonly paramsSchema?: object;
  readonly querySchema?: object;
  readonly bodySchema?: object;
  readonly handler: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;
};

export type HttpServer = {
  /** Without a slash at the end; holds the port that was given out for port 0. */
  readonly url: string;
  /** Answers what it has begun, and ends. */
  readonly close: () => Promise<void>;
};

/**
 * @throws TielineError `listen`: the port is taken, not allowed, or the address is not one of this
 * machine.
 */
export async function startHttp(options: {
  readonly host: string;
  readonly port: number;
  readonly routes: readonly Route[];
  readonly log: Log;
}): Promise<HttpServer> {
  const { host, port, routes, log } = options;
  const app = createApp(log);
  if (isLoopback(host)) refuseForeignHosts(app);
  for (const route of routes) addRoute(app, route);
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenFailure(`${host}:${port}`, error);
  }
  const bound = app.server.address() as AddressInfo;
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return { url: `http://${name}:${bound.port}`, close: () => close(app) };
}

function createApp(log: Log): FastifyInstance {
  const app = fastify({
    bodyLimit: limits.httpBodyBytesMax,
    requestTimeout: limits.httpRequestTimeoutMs,
    routerOptions: { maxParamLength: limits.httpParameterCharactersMax },
    forceCloseConnections: 'idle',
    // Changing nothing silently: what a schema does not know is refused, not removed.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, verbose: true } },
  });
  app.server.maxConnections = limits.httpConnectionsMax;
  app.setNotFoundHandler((request, reply) =>
    send(reply, problem(404, `there is no ${request.method} ${request.url.split('?', 1)[0]}`)),
  );
  app.setErrorHandler((error: FastifyError, request, reply) =>
    send(reply, answerTo(error, request, log)),
  );
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url } = request;
    log.debug('http', { method, url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) });
    done();
  });
  return app;
}

function addRoute(app: FastifyInstance, route: Route): void {
  const { method, path, paramsSchema, querySchema, bodySchema, handler } = route;
  app.route({
    method,
    url: path,
    schema: {
      ...(paramsSchema === undefined ? {} : { params: paramsSchema }),
      ...(querySchema === undefined ? {} : { querystring: querySchema }),
      ...(bodySchema === undefined ? {} : { body: bodySchema }),
    },
    handler: async ({ params, query, body }, reply) => {
      const request = { params: { ...(params as object) }, query: { ...(query as object) }, body };
      return send(reply, await handler(request));
    },
  });
}

function send(reply: FastifyReply, { status, headers = {}, body }: HttpResponse): FastifyReply {
  reply.code(status).headers({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-type': contentTypeOf(body),
    ...headers,
  });
  // To a text fastify would add a charset, also where its type has none.
  if (!(body instanceof Uint8Array)) {
    return reply.send(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  }
  return reply.send(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
}

function contentTypeOf(body: unknown): string {
  if (body instanceof Uint8Array) return 'application/octet-stream';
  return typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
}

/**
 * What is the caller's fault is explained to him; of ours he learns that it happened, and the log
 * the rest.
 */
function answerTo(error: FastifyError, request: FastifyRequest, log: Log): HttpResponse {
  if (error.validation !== undefined) {
    const part = error.validationContext === 'querystring' ? 'query' : error.validationContext;
    const errors = schemaProblems(error.validation as Parameters<typeof schemaProblems>[0]).map(
      ({ path, message, hint }) => ({
        in: part,
        name: path.join('.'),
        detail: hint === undefined ? message : `${message} (${hint})`,
      }),
    );
    const detail = errors.map(({ name, detail: said }) => `${part} ${name}: ${said}`).join('; ');
    return problem(400, detail, { errors });
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return problem(error.statusCode, error.message);
  }
  log.error('http-failed', { method: request.method, url: request.url, error });
  if (error instanceof TielineError && error.retry === 'transient') {
    const { status, headers, body } = problem(503, 'not possible at the moment: try again');
    return { status, headers: { ...headers, 'retry-after': '1' }, body };
  }
  return problem(500, 'this failed; the log of the program says why');
}

/**
 * A page on any site may have its own name point to 127.0.0.1 and read what is served here (DNS rebinding).
 * Its browser still sends that name.
 */
function refuseForeignHosts(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (isLoopback(request.hostname)) return undefined;
    return send(reply, problem(421, 'served to this machine alone: use 127.0.0.1 or localhost'));
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host) || /^\[?::1\]?$/.test(host);
}

async function close(app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), limits.httpCloseTimeoutMs);
  await app.close();
  clearTimeout(timer);
}

function listenFailure(address: string, error: unknown): TielineError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const [message, hint] =
    code === 'EADDRINUSE'
      ? ['the port is taken', 'choose another port, or stop the program that has it (`ss -ltnp`)']
      : code === 'EACCES'
        ? ['not allowed', 'choose a port from 1024 on']
        : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
          ? ['not an address of this machine', 'choose 127.0.0.1, or one that `ip address` shows']
          : [messageOf(error), undefined];
  return new TielineError('listen', `cannot listen on ${address}: ${message}`, {
    hint,
    cause: error,
  });
}

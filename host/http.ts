// SPDX-License-Identifier: Apache-2.0
// The HTTP shell: routes are plain data, answered here by fastify. It judges parameters before a handler sees
// them and turns every failure into a problem document. Who may ask what is the routes' own business
// (`admit`).

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
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** IP address of whoever asks; behind a stated proxy, the one that the proxy names. */
  readonly address: string;
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
  /** Asked before anything of the request is judged or its body read: an answer ends it. */
  readonly admit?: (
    request: HttpRequest,
  ) => HttpResponse | undefined | Promise<HttpResponse | undefined>;
  readonly handler: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;
};

/** How the server is reached. */
export type HttpPlace = {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Certificate chain and key, PEM. */
  readonly tls?: { readonly cert: Uint8Array; readonly key: Uint8Array } | undefined;
  /** Addresses of the proxies in front; nobody else may connect then. */
  readonly proxies?: readonly string[] | undefined;
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
export async function startHttp(
  options: HttpPlace & { readonly routes: readonly Route[]; readonly log: Log },
): Promise<HttpServer> {
  const { host, port, proxies = [], routes, log } = options;
  const app = createApp(options, log);
  if (proxies.length > 0) refuseAllBut(app, proxies);
  else if (isLoopback(host)) refuseForeignHosts(app);
  for (const route of routes) addRoute(app, route);
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenFailure(`${host}:${port}`, error);
  }
  const bound = app.server.address() as AddressInfo;
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  const scheme = options.tls === undefined ? 'http' : 'https';
  return { url: `${scheme}://${name}:${bound.port}`, close: () => close(app) };
}

function createApp({ tls, proxies = [] }: HttpPlace, log: Log): FastifyInstance {
  const settings = {
    bodyLimit: limits.httpBodyBytesMax,
    requestTimeout: limits.httpRequestTimeoutMs,
    routerOptions: { maxParamLength: limits.httpParameterCharactersMax },
    forceCloseConnections: 'idle' as const,
    ...(proxies.length > 0 ? { trustProxy: [...proxies] } : {}),
    // Changing nothing silently: what a schema does not know is refused, not removed.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, verbose: true } },
  };
  const app: FastifyInstance =
    tls === undefined ? fastify(settings) : (fastify({ ...settings, https: pemOf(tls) }) as never);
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
  const { method, path, paramsSchema, querySchema, bodySchema, admit, handler } = route;
  app.route({
    method,
    url: path,
    schema: {
      ...(paramsSchema === undefined ? {} : { params: paramsSchema }),
      ...(querySchema === undefined ? {} : { querystring: querySchema }),
      ...(bodySchema === undefined ? {} : { body: bodySchema }),
    },
    onRequest: async (request, reply) => {
      const refusal = await admit?.(requestOf(request));
      return refusal === undefined ? undefined : send(reply, refusal);
    },
    handler: async (request, reply) => send(reply, await handler(requestOf(request))),
  });
}

function requestOf({ params, query, body, headers, ip }: FastifyRequest): HttpRequest {
  return {
    params: { ...(params as object) },
    query: { ...(query as object) },
    body,
    headers,
    address: ip,
  };
}

function pemOf({ cert, key }: NonNullable<HttpPlace['tls']>) {
  return { cert: Buffer.from(cert), key: Buffer.from(key) };
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

/** What a proxy says of its callers is believed: so nobody else may say it. */
function refuseAllBut(app: FastifyInstance, proxies: readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    const peer = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
    if (proxies.includes(peer)) return undefined;
    return send(reply, problem(403, 'served to the stated proxies alone: ask through one of them'));
  });
}

export function isLoopback(host: string): boolean {
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

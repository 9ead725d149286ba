// SPDX-License-Identifier: Apache-2.0
// The HTTP shell: routes are plain data, answered here by fastify. It judges parameters before a handler sees
// them and turns every failure into a problem document. Who may ask what is the routes' own business
// (`admit`).

import { setMaxListeners } from 'node:events';
import type { AddressInfo } from 'node:net';
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { messageOf, TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { isStream, type Keeping, send } from './http-answer.ts';
import {
  type ClientCertificate,
  certificateOf,
  type HttpTls,
  tlsOptions,
} from './http-certificate.ts';
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
  /** What he showed to open the connection. */
  readonly certificate: ClientCertificate | undefined;
  /** Aborted when he is gone, or this server ends: a stream ends with it. */
  readonly ending: AbortSignal;
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
  /** Its body is handed on as bytes, whatever type it says it has. */
  readonly rawBody?: true;
  /** Whether its answers of 200 may be kept; else they are not. */
  readonly keeping?: Keeping;
  /** Answers without end or of any size: HEAD is not answered for it. */
  readonly streams?: true;
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
  readonly tls?: HttpTls | undefined;
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
  options: HttpPlace & {
    readonly routes: readonly Route[];
    readonly log: Log;
    /** Told of every answer; `path` is the route's, or empty where there was none. */
    readonly onAnswered?: ((answered: Answered) => void) | undefined;
  },
): Promise<HttpServer> {
  const { host, port, proxies = [], routes, log, onAnswered } = options;
  const app = createApp(options, log);
  if (onAnswered !== undefined) tellAnswers(app, onAnswered);
  if (proxies.length > 0) refuseAllBut(app, proxies);
  else if (isLoopback(host)) refuseForeignHosts(app);
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const shell = { closing: closing.signal, log };
  for (const route of routes) if (route.rawBody === undefined) addRoute(app, route, shell);
  const raw = routes.filter(({ rawBody }) => rawBody === true);
  if (raw.length > 0) addRawRoutes(app, raw, shell);
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenFailure(`${host}:${port}`, error);
  }
  const bound = app.server.address() as AddressInfo;
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  const scheme = options.tls === undefined ? 'http' : 'https';
  return { url: `${scheme}://${name}:${bound.port}`, close: () => close(app, closing) };
}

function createApp({ tls, proxies = [] }: HttpPlace, log: Log): FastifyInstance {
  const settings = {
    bodyLimit: limits.httpBodyBytesMax,
    requestTimeout: limits.httpRequestTimeoutMs,
    // Whoever sends his request drop by drop holds a connection no longer than this.
    http: {
      headersTimeout: limits.httpHeadersTimeoutMs,
      connectionsCheckingInterval: limits.httpHeadersTimeoutMs / 4,
    },
    routerOptions: { maxParamLength: limits.httpParameterCharactersMax },
    forceCloseConnections: 'idle' as const,
    ...(proxies.length > 0 ? { trustProxy: [...proxies] } : {}),
    // Changing nothing silently: what a schema does not know is refused, not removed.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, verbose: true } },
  };
  const app: FastifyInstance =
    tls === undefined
      ? fastify(settings)
      : (fastify({ ...settings, https: { ...settings.http, ...tlsOptions(tls) } }) as never);
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

export type Answered = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly seconds: number;
};

function tellAnswers(app: FastifyInstance, onAnswered: (answered: Answered) => void): void {
  app.addHook('onResponse', (request, reply, done) => {
    onAnswered({
      method: request.method,
      path: request.routeOptions.url ?? '',
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1_000,
    });
    done();
  });
}

function addRoute(
  app: FastifyInstance,
  route: Route,
  { closing, log }: { readonly closing: AbortSignal; readonly log: Log },
): void {
  const { method, path, paramsSchema, querySchema, bodySchema, admit, handler, keeping } = route;
  app.route({
    method,
    url: path,
    ...(method === 'GET' ? { exposeHeadRoute: route.streams !== true } : {}),
    schema: {
      ...(paramsSchema === undefined ? {} : { params: paramsSchema }),
      ...(querySchema === undefined ? {} : { querystring: querySchema }),
      ...(bodySchema === undefined ? {} : { body: bodySchema }),
    },
    onRequest: async (request, reply) => {
      const refusal = await admit?.(requestOf(request, closing));
      return refusal === undefined ? undefined : send(reply, refusal);
    },
    handler: async (request, reply) => {
      const ending = route.streams === true ? endingOf(reply, closing) : closing;
      const answer = await handler(requestOf(request, ending));
      const noneMatch = request.headers['if-none-match'];
      if (isStream(answer.body)) {
        const body = watched(answer.body, { request, ending, log });
        return send(reply, { ...answer, body });
      }
      return send(reply, answer, keeping === undefined ? undefined : { keeping, noneMatch });
    },
  });
}

/** In a scope of their own: there, no type of a body is looked at. */
function addRawRoutes(
  app: FastifyInstance,
  routes: readonly Route[],
  shell: { readonly closing: AbortSignal; readonly log: Log },
): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) =>
      done(null, new Uint8Array(body as Buffer)),
    );
    for (const route of routes) addRoute(scope, route, shell);
  });
}

function requestOf(request: FastifyRequest, ending: AbortSignal): HttpRequest {
  const { params, query, body, headers, ip } = request;
  return {
    params: { ...(params as object) },
    query: { ...(query as object) },
    body,
    headers,
    address: ip,
    certificate: certificateOf(request.socket),
    ending,
  };
}

/**
 * What fails in its midst has no status any more: it is cut off, and the log says why, unless nobody
 * waits for it any more.
 */
async function* watched(
  pieces: AsyncIterable<Uint8Array | string>,
  asked: { readonly request: FastifyRequest; readonly ending: AbortSignal; readonly log: Log },
): AsyncIterable<Uint8Array | string> {
  try {
    yield* pieces;
  } catch (error) {
    const { method, url } = asked.request;
    if (!asked.ending.aborted) asked.log.error('http-failed', { method, url, error });
    throw error;
  }
}

/** Aborted when the connection of this answer is gone, or the server ends. */
function endingOf(reply: FastifyReply, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  const end = () => gone.abort();
  if (closing.aborted) end();
  closing.addEventListener('abort', end, { once: true });
  reply.raw.once('close', () => {
    closing.removeEventListener('abort', end);
    end();
  });
  return gone.signal;
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

async function close(app: FastifyInstance, closing: AbortController): Promise<void> {
  closing.abort();
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

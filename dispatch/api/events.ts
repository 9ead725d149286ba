// SPDX-License-Identifier: Apache-2.0
// What happens at the centre, told as it happens: server-sent events (WHATWG HTML §9.2). Each has an
// id that says where the reader stands; with it in `Last-Event-ID` he goes on from there and misses
// nothing, for it is read from the ledger and from no memory of ours. Who does not read is not
// waited for: nothing is kept for him but his place.

import { toHex } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { HttpRequest } from '../../host/http.ts';
import { type HttpResponse, problem } from '../../host/http-problem.ts';
import type { EventPlace, EventStore, StoredEvent } from '../store/event-store.ts';
import type { ApiRoute } from './access.ts';
import { problemAnswer } from './answer-schema.ts';
import { eventViews } from './event-view.ts';
import { textOf } from './request.ts';
import { type Caller, mayReadChain } from './rights.ts';

const places = ['anchor', 'report', 'evidence', 'summary'] as const;
const placePattern = '^\\d{1,15}-\\d{1,15}-\\d{1,15}-\\d{1,15}$';

export type EventRoute = {
  readonly routes: readonly ApiRoute[];
  /** Clients that follow now. */
  readonly streamCount: () => number;
};

export function eventRoutes(events: EventStore): EventRoute {
  const streams = new Streams();
  const newest = sharedNewest(events);
  const route: ApiRoute = {
    method: 'GET',
    path: '/api/v1/events',
    operation: 'followEvents',
    right: 'chains',
    description:
      'Anchors, summaries, reports of members and evidence as they are taken, as server-sent ' +
      'events; from now on, or from behind the event that `Last-Event-ID` or `after` names.',
    streams: true,
    querySchema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        after: {
          type: 'string',
          pattern: placePattern,
          description: 'id of an event; 0-0-0-0 tells all there ever was',
        },
      },
    },
    answers: {
      200: {
        description: 'Events, until one of us ends it.',
        content: { 'text/event-stream': {} },
      },
      503: problemAnswer('As many follow as may; ask again later.'),
    },
    handler: async (request, caller, again) => {
      const from = placeAsked(request);
      if (from === 'malformed') return problem(400, 'header last-event-id: not an id of an event');
      if (!streams.enter(caller.name, request.ending)) return crowded;
      const place = from ?? (await newest());
      const body = follow({ events, newest, place, again, ending: request.ending });
      return { status: 200, headers: { 'content-type': 'text/event-stream' }, body };
    },
  };
  return { routes: [route], streamCount: () => streams.count };
}

const crowded: HttpResponse = (() => {
  const { headers, ...rest } = problem(503, 'as many follow the events as may: try again later');
  return { ...rest, headers: { ...headers, 'retry-after': '10' } };
})();

type Following = {
  readonly events: EventStore;
  readonly newest: () => Promise<EventPlace>;
  readonly place: EventPlace;
  readonly again: () => Promise<Caller | undefined>;
  readonly ending: AbortSignal;
};

async function* follow({ events, newest, again, ending, ...start }: Following) {
  let { place } = start;
  yield `retry: ${limits.eventsRetryMs}\n\n`;
  let quietMs = 0;
  while (!ending.aborted) {
    // Asked again each time: a token that was revoked hears no more.
    const caller = await again();
    if (caller === undefined || !caller.rights.has('chains')) return;
    const to = await newest();
    if (isReached(place, to)) {
      await pause(limits.eventsPollMs, ending);
      quietMs += limits.eventsPollMs;
      if (quietMs < limits.eventsHeartbeatMs) continue;
      quietMs = 0;
      yield `id: ${idOf(place)}\n: still here\n\n`;
      continue;
    }
    const page = await events.between(place, to, caller.chains);
    place = page.place;
    for (const event of page.events) {
      if (!mayReadChain(caller, toHex(event.chainId))) continue;
      const text = textOfEvent(event, caller);
      if (text !== '') yield text;
      quietMs = 0;
    }
  }
}

/**
 * One message brings many summaries: the last of them alone moves the reader's place, so that what
 * was cut off in between comes again.
 */
function textOfEvent(event: StoredEvent, caller: Caller): string {
  const views = eventViews(event, caller);
  return views
    .map(({ name, data }, i) => {
      const id = i === views.length - 1 ? `id: ${idOf(event.place)}\n` : '';
      return `event: ${name}\n${id}data: ${JSON.stringify(data)}\n\n`;
    })
    .join('');
}

function idOf(place: EventPlace): string {
  return places.map((of) => place[of]).join('-');
}

function placeAsked(request: HttpRequest): EventPlace | 'malformed' | undefined {
  const header = request.headers['last-event-id'];
  const id = typeof header === 'string' && header !== '' ? header : textOf(request.query, 'after');
  if (id === undefined) return undefined;
  if (!new RegExp(placePattern).test(id)) return 'malformed';
  const [anchor = 0, report = 0, evidence = 0, summary = 0] = id.split('-').map(Number);
  return { anchor, report, evidence, summary };
}

/** A place beyond the newest is one of another ledger, or of one that was longer: nothing is due. */
function isReached(place: EventPlace, newest: EventPlace): boolean {
  return places.every((of) => place[of] >= newest[of]);
}

/** Asked of the disk once for all who follow. */
function sharedNewest(events: EventStore): () => Promise<EventPlace> {
  let asked: Promise<EventPlace> | undefined;
  return () => {
    if (asked !== undefined) return asked;
    const asking = events.newest();
    asked = asking;
    const forget = () => {
      asked = undefined;
    };
    asking.then(forget, forget);
    return asking;
  };
}

async function pause(ms: number, ending: AbortSignal): Promise<void> {
  if (ending.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      ending.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    ending.addEventListener('abort', end);
  });
}

/** How many follow, in all and by token. */
class Streams {
  readonly #byName = new Map<string, number>();
  count = 0;

  enter(name: string, ending: AbortSignal): boolean {
    const own = this.#byName.get(name) ?? 0;
    if (ending.aborted || this.count >= limits.eventStreamsMax) return false;
    if (own >= limits.eventStreamsPerTokenMax) return false;
    this.count += 1;
    this.#byName.set(name, own + 1);
    ending.addEventListener('abort', () => this.#leave(name), { once: true });
    return true;
  }

  #leave(name: string): void {
    this.count -= 1;
    const left = (this.#byName.get(name) ?? 1) - 1;
    if (left === 0) this.#byName.delete(name);
    else this.#byName.set(name, left);
  }
}

// SPDX-License-Identifier: Apache-2.0
// What every program tells of its process, under the names that dashboards know.

import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { wallClockMs } from './clock.ts';
import { counter, gauge, type MetricFamily } from './prometheus.ts';
import { version } from './version.ts';

const nanosecondsPerSecond = 1e9;

export class ProcessMetrics {
  readonly #startSeconds = wallClockMs() / 1_000 - process.uptime();
  readonly #lag = monitorEventLoopDelay({ resolution: 20 });

  constructor() {
    this.#lag.enable();
  }

  close(): void {
    this.#lag.disable();
  }

  families(): readonly MetricFamily[] {
    const { rss, heapUsed, heapTotal } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return [
      gauge('tieline_build_info', 'Which program this is.', [
        { labels: { version: version(), node: process.version }, value: 1 },
      ]),
      gauge('process_start_time_seconds', 'When it was started, Unix time.', this.#startSeconds),
      counter('process_cpu_seconds_total', 'Processor time used.', (user + system) / 1e6),
      gauge('process_resident_memory_bytes', 'Memory in use.', rss),
      gauge('process_open_fds', 'Files and sockets open.', openFileCount()),
      gauge('nodejs_heap_size_used_bytes', 'Heap in use.', heapUsed),
      gauge('nodejs_heap_size_total_bytes', 'Heap taken from the system.', heapTotal),
      ...this.#lagFamilies(),
    ];
  }

  /** Since it was asked last: a peak shows in one scrape and is gone in the next. */
  #lagFamilies(): readonly MetricFamily[] {
    const lag = this.#lag;
    const seconds = (nanoseconds: number) =>
      Number.isFinite(nanoseconds) ? nanoseconds / nanosecondsPerSecond : 0;
    const families = [
      gauge(
        'nodejs_eventloop_lag_p99_seconds',
        'How late the event loop is, of 100 turns all but one, since the last scrape.',
        lag.count === 0 ? 0 : seconds(lag.percentile(99)),
      ),
      gauge(
        'nodejs_eventloop_lag_max_seconds',
        'How late the event loop was at worst, since the last scrape.',
        lag.count === 0 ? 0 : seconds(lag.max),
      ),
    ];
    lag.reset();
    return families;
  }
}

function openFileCount(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Starts Tieline: the sources of a checkout, the compiled program of an installed package. Where this Node is
// too old, the one that npm installed beside the program takes over. Written so that Node 12 still reads it:
// who has an old Node is to be told so, not shown a syntax error.

import { spawn } from 'child_process';
import { closeSync, existsSync, openSync } from 'fs';
import { createRequire } from 'module';
import { dirname, join } from 'path';
import { fileURLToPath, pathToFileURL } from 'url';

const majorMin = 24;
const here = dirname(fileURLToPath(import.meta.url));

function fail(what, remedy) {
  process.stderr.write(`tieline: ${what}\n  ${remedy}\n`);
  process.exit(1);
}

/** The Node among our own dependencies; undefined where npm installed none for this system. */
function pinnedNode() {
  const name = `node-${process.platform}-${process.arch}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return join(dirname(manifest), 'bin', 'node');
  } catch {
    return undefined;
  }
}

function hasTerminal() {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/** Hands over to that Node: what is sent to this process reaches the other, and it ends as the other ends. */
function runBy(node) {
  // Ctrl-C and the closing of a terminal reach both processes without us, and a second one means: at once.
  const sentByTerminal = hasTerminal() ? ['SIGINT', 'SIGHUP'] : [];
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) {
    process.on(signal, () => {
      if (!sentByTerminal.includes(signal)) child.kill(signal);
    });
  }
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  child.on('error', (error) =>
    fail(
      `cannot run ${node}: ${error.message}`,
      `It is for glibc Linux; on other systems, install Node ${majorMin} or newer yourself.`,
    ),
  );
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const one of signals) process.removeAllListeners(one);
    process.kill(process.pid, signal);
  });
}

/**
 * A gateway is alone with little memory for years: V8's halls are kept small, it collects early, and of its
 * four ways to run a function it uses two: the code of the others takes megabytes and pays back nothing
 * at this work. Nor does what is compiled before it was called thousands of times, or code that was not used
 * for long (docs/benchmarks.md, footprint). The allocator keeps one store of freed memory, not one for
 * each thread, and gives back at once what was taken in pieces from 32 kB on.
 */
const frugalFlags = [
  '--max-semi-space-size=1',
  '--heap-growing-percent=20',
  '--no-sparkplug',
  '--no-opt',
  '--optimize-for-size',
  '--invocation-count-for-maglev=2000',
  '--bytecode-old-age=2',
  '--v8-pool-size=1',
];
const frugalEnvironment = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '32768',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_TOP_PAD_: '65536',
};

/** What can be said to Node only when it begins: it begins once more, in this very process. */
function beginFrugally() {
  const begun = process.execArgv.includes(frugalFlags[0]);
  if (process.argv[2] !== 'run' || begun || process.execve === undefined) return;
  const words = [process.execPath, ...process.execArgv, ...frugalFlags, ...process.argv.slice(1)];
  process.execve(process.execPath, words, { ...frugalEnvironment, ...process.env });
}

function runHere() {
  beginFrugally();
  const source = join(here, '..', 'tieline.ts');
  const program = existsSync(source) ? source : join(here, '..', 'dist', 'tieline.js');
  return import(pathToFileURL(program).href);
}

function start() {
  const { arch, versions } = process;
  if (!/64|s390x/.test(arch)) {
    return fail(
      `needs a 64-bit system, and this Node is for ${arch}`,
      'Install the 64-bit edition of your system (arm64 or amd64), and Tieline there.',
    );
  }
  if (Number.parseInt(versions.node, 10) >= majorMin) return void runHere();
  const node = pinnedNode();
  if (node !== undefined) return runBy(node);
  return fail(
    `needs Node ${majorMin} or newer, and this is Node ${versions.node}`,
    `Install Node ${majorMin}. (On 64-bit glibc Linux npm brings it, if optional packages are not omitted.)`,
  );
}

start();

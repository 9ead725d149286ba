// SPDX-License-Identifier: Apache-2.0
import { messageOf, TielineError } from '../../base/errors.ts';
import { systemClock } from '../../host/clock.ts';
import { type Command, required, wholeNumber } from '../../host/command.ts';
import { askStatus } from '../ask-gateway.ts';
import { type GatewayConfig, loadGatewayConfig } from '../config.ts';
import { examine } from '../doctor/examine.ts';
import { type Finding, findingText, verdictText } from '../doctor/finding.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Examines a gateway and its surroundings, and says what to do about each fault.',
  usage: 'doctor --config FILE [--storage SECONDS] [--json]',
  options: {
    config: { value: 'FILE', description: 'gateway.yaml of the gateway' },
    storage: { value: 'SECONDS', description: 'how long the disk is tried, by default 1' },
    json: { description: 'all findings, as JSON' },
  },
  notes: `Looks at configuration, data directory, disk, clock, supply, serial ports, network, broker
and meters. Changes nothing. While the gateway runs, its lines and its place at the broker
are taken: then it is asked instead. Exit code 0 when nothing is bad, 1 when something is.`,
  run: async ({ values, print, ending }) => {
    const path = required('doctor', values, 'config');
    const seconds = wholeNumber('doctor', values, { name: 'storage', min: 0, max: 600 }) ?? 1;
    const isJson = values.json === true;
    const findings: Finding[] = [];
    const tell = (finding: Finding): void => {
      findings.push(finding);
      if (!isJson) print(findingText(finding));
    };
    const config = load(path, tell);
    if (config !== undefined) {
      const running = await askStatus(config).catch(() => undefined);
      const clock = await systemClock();
      const given = { config, clock, running, diskTestMs: seconds * 1_000, ending };
      for await (const finding of examine(given)) tell(finding);
    }
    if (isJson) print(JSON.stringify({ findings }));
    else print(`\n${verdictText(findings)}`);
    return findings.some(({ state }) => state === 'bad') ? 1 : 0;
  },
};

function load(path: string, tell: (finding: Finding) => void): GatewayConfig | undefined {
  try {
    const config = loadGatewayConfig(path);
    tell({ area: 'configuration', state: 'good', what: `${path} is in order` });
    return config;
  } catch (error) {
    const advice = (error instanceof TielineError ? error.hint : undefined) ?? 'mend the file';
    tell({ area: 'configuration', state: 'bad', what: messageOf(error), advice });
    return undefined;
  }
}

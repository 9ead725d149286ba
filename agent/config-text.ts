// SPDX-License-Identifier: Apache-2.0
// The configuration that a new gateway begins with: what `tieline init` knows, the rest to fill in.

export type FirstConfig = {
  readonly name: string;
  readonly mqttUrl: string;
  readonly anchorIntervalMs: number;
  readonly httpPort: number;
  /** undefined for a chain of one. */
  readonly network: FirstNetwork | undefined;
};

export type FirstNetwork = {
  readonly listen: string;
  readonly peers: readonly { readonly name: string; readonly address: string }[];
};

export function configText(config: FirstConfig): string {
  return `# A Tieline gateway. Paths are relative to this file.
name: ${yamlText(config.name)}
data: data
${config.network === undefined ? '' : networkText(config.network)}
mqtt:
  url: ${config.mqttUrl}

anchor:
  intervalMs: ${config.anchorIntervalMs}

# What is read in a window is signed as one batch, and stored as one block with the others' batches:
# a longer one spares the card, and can lose more when the power fails.
# Where no block takes what was read, and 80 % of its 4 GB are full, one reading of each meter (of
# each of its groups, below) in thinnedMs is kept, and the others are counted in signed gaps.
batch:
  windowMs: 1000
#  thinnedMs: 60000

# Blocks older than that (s, m, h or d), and under a receipt, go from chain.db into segments, which
# \`tieline archive\` lists. With diskMax (better 100MB or more), for both together, they go
# earlier, and in the end the oldest segments are deleted; without it the archive grows as long as
# there is room.
archive:
  retention: 90d
#  diskMax: 16GB             # up to 16 MB of journal come beside it

# For \`tieline status\`; served on 127.0.0.1 alone.
http:
  port: ${config.httpPort}

# A line is one serial bus or one TCP endpoint. Give one of:
#   serial: /dev/serial/by-id/…   (baudRate: 9600, parity: none, dataBits: 8, stopBits: 1;
#     with protocol: dlt645, p1, iec62056-21 or sml as that standard says)
#   tcp: 192.0.2.10:502
#   rtuTcp: 192.0.2.11:4196
# timeoutMs: 1000 is the longest time that a device may take to answer; deviceGapMs: 0 how long it
# is left alone after each answer, where it needs that.
lines: []

# \`tieline meters\` lists the ids.
#   - name: main-meter
#     meter: eastron-sdm630
#     line: cabinet
#     unit: 1
#     periodMs: 1000
#     periods:                # registers that are read less often; or by OBIS code: 1-0:14.7.0*255
#       - registers: [counter]
#         periodMs: 60000
#     # With alarm: true a group is read before all else that is due on its line, and what
#     # is new in it is signed at once.
# \`tieline plan --config …\` tells whether the lines have time for all that.
meters: []
`;
}

function networkText({ listen, peers }: FirstNetwork): string {
  const list = peers.map(
    ({ name, address }) => `  - name: ${yamlText(name)}\n    address: ${yamlText(address)}\n`,
  );
  return `
# Where the other members of the chain reach this gateway, and where it reaches each of them: by
# name, or by key id.
listen: ${yamlText(listen)}
peers:
${list.join('')}`;
}

/** As it stands where YAML reads it so; else in quotes, as JSON writes it. */
function yamlText(text: string): string {
  const isPlain = /^([a-z][a-z0-9-]*|[a-z0-9.-]+:\d+)$/.test(text);
  return isPlain && !['true', 'false', 'null'].includes(text) ? text : JSON.stringify(text);
}
